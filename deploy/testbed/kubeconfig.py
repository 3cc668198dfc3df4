"""Kubeconfig files with everything inline: no file paths, no programs to run."""

import base64

import yaml


def render_kubeconfig(
    *, server: str, ca_pem: bytes, user: str, token: str, cluster: str, namespace: str = "default"
) -> str:
    """Return a kubeconfig (YAML) with one cluster, one user with a bearer token, one context."""
    context = f"{user}@{cluster}"
    authority = base64.b64encode(ca_pem).decode()
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": cluster,
                "cluster": {"server": server, "certificate-authority-data": authority},
            }
        ],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [
            {
                "name": context,
                "context": {"cluster": cluster, "user": user, "namespace": namespace},
            }
        ],
        "current-context": context,
    }
    return yaml.safe_dump(content, sort_keys=False)
