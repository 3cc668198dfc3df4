"""python -m deploy.setup.node_silencer DIRECTORY NAMESPACE POD: a simulated node falls silent.

Runs inside the project's environment. It is the node on which a pod stands whose name begins so;
without such a pod nothing happens.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from deploy.setup.ports import LOOPBACK
from deploy.testbed.client import ApiClient
from deploy.testbed.nodes import silence_node


def main(home: Path, namespace: str, pod: str) -> int:
    """Find the node and silence it; the cluster's own files say where it is and who may."""
    kept = json.loads((home / "simulator.json").read_text(encoding="utf-8"))
    client = ApiClient(
        server=f"https://{LOOPBACK}:{kept['port']}",
        ca_pem=(home / "pki" / "ca.crt").read_bytes(),
        token=kept["tokens"]["admin"],
    )
    pods = client.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    for item in sorted(pods, key=lambda found: str(found["metadata"]["name"])):
        node = item["spec"].get("nodeName")
        if node and item["metadata"]["name"].startswith(pod):
            silence_node(client, node)
            print(f"{node} is silent now")
            break
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:4]))
