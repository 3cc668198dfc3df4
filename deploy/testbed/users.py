"""Who may do what in a bed, before the shipped manifests come in."""

import secrets
from dataclasses import dataclass

from deploy.testbed.client import ApiClient
from deploy.testbed.errors import ApiError

CONFLICT = 409


@dataclass(frozen=True)
class User:
    """A person or program known by a static token; `groups` as Kubernetes sees them."""

    name: str
    kubernetes_name: str
    groups: tuple[str, ...] = ()
    cluster_admin: bool = False


# admin is in system:masters, which admission by priority and authorisation never hold back: tests
# of 429, quota and policies use tester, a plain user whose rights come from a ClusterRoleBinding.
USERS = (
    User("admin", "admin", groups=("system:masters",)),
    User("tester", "tester", cluster_admin=True),
    User("second", "second", cluster_admin=True),
    User("guest", "guest"),
    User("controller-manager", "system:kube-controller-manager"),
    User("scheduler", "system:kube-scheduler"),
    User("kwok", "kwok", groups=("system:masters",)),
)


def create_tokens() -> dict[str, str]:
    """Return a fresh random token per user."""
    return {user.name: secrets.token_urlsafe(32) for user in USERS}


def render_token_file(tokens: dict[str, str]) -> str:
    """Return the file for --token-auth-file: token, user name, uid and quoted groups a line."""
    lines = []
    for user in USERS:
        groups = ",".join(user.groups)
        lines.append(f'{tokens[user.name]},{user.kubernetes_name},{user.name},"{groups}"')
    return "\n".join(lines) + "\n"


def bind_cluster_admins(client: ApiClient) -> None:
    """Bind the plain users that tests work as to cluster-admin; repeating it changes nothing."""
    for user in USERS:
        if not user.cluster_admin:
            continue
        subject = {
            "kind": "User",
            "name": user.kubernetes_name,
            "apiGroup": "rbac.authorization.k8s.io",
        }
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"testbed-{user.name}"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "cluster-admin",
            },
            "subjects": [subject],
        }
        try:
            client.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
        except ApiError as error:
            if error.status != CONFLICT:
                raise
