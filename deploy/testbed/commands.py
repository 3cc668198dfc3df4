"""The command line of each process of a bed.

Choices and their measured reasons: docs/testbed.md. Flags follow what kwokctl gives the same
programs (pkg/kwokctl/components of sigs.k8s.io/kwok).
"""

from deploy.testbed.build import Programs
from deploy.testbed.layout import Layout, Settings
from deploy.testbed.ports import LOOPBACK

# KWOK looks after nodes with this label alone: take it off and the node falls silent with its pods.
KUBELET_LABEL = "testbed.berth.dev/kubelet"
KUBELET_RUNNING = "running"
SERVICE_CIDR = "10.96.0.0/16"
# ttl-controller annotates every node; the publisher needs a certificate the bed does not have.
LEFT_OUT_CONTROLLERS = (
    "ttl-controller",
    "kube-apiserver-serving-clustertrustbundle-publisher-controller",
)
# The default of 20 requests a second would be the slowest part of every test.
CLIENT_RATE = ("--kube-api-qps=2000", "--kube-api-burst=4000")


def build_command(
    component: str, *, layout: Layout, settings: Settings, programs: Programs
) -> list[str]:
    """Return the whole command line of a component, the user's extra arguments last."""
    builders = {
        "etcd": _etcd,
        "apiserver": _apiserver,
        "controller-manager": _controller_manager,
        "scheduler": _scheduler,
        "kwok": _kwok,
    }
    own = builders[component](layout, settings, programs)
    return own + settings.extra_arguments.get(component, [])


def _etcd(layout: Layout, settings: Settings, programs: Programs) -> list[str]:
    client = f"https://{LOOPBACK}:{settings.ports['etcd']}"
    peer = f"https://{LOOPBACK}:{settings.ports['etcd-peer']}"
    pki = layout.pki
    files = ("--cert-file", "--key-file", "--trusted-ca-file")
    pairs = (pki / "server.crt", pki / "server.key", pki / "ca.crt")
    own = [f"{flag}={path}" for flag, path in zip(files, pairs, strict=True)]
    peers = [f"--peer-{item.removeprefix('--')}" for item in own]
    return [
        str(programs.etcd / "etcd"),
        "--name=bed",
        f"--data-dir={layout.root / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=bed={peer}",
        *own,
        *peers,
        "--client-cert-auth",
        "--peer-client-cert-auth",
        "--auto-compaction-retention=1",
        # One member without rivals: short elections, and no wait for the disk. A crash of the
        # machine may cost the data, which a bed can afford.
        "--heartbeat-interval=50",
        "--election-timeout=500",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _apiserver(layout: Layout, settings: Settings, programs: Programs) -> list[str]:
    pki = layout.pki
    return [
        str(programs.kubernetes / "kube-apiserver"),
        f"--etcd-servers=https://{LOOPBACK}:{settings.ports['etcd']}",
        f"--etcd-cafile={pki / 'ca.crt'}",
        f"--etcd-certfile={pki / 'client.crt'}",
        f"--etcd-keyfile={pki / 'client.key'}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={settings.ports['apiserver']}",
        f"--tls-cert-file={pki / 'server.crt'}",
        f"--tls-private-key-file={pki / 'server.key'}",
        f"--token-auth-file={layout.tokens}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki / 'service-account.pub'}",
        f"--service-account-signing-key-file={pki / 'service-account.key'}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        "--endpoint-reconciler-type=none",
        f"--audit-policy-file={layout.audit_policy}",
        f"--audit-log-path={layout.audit_log}",
        # Written before the answer leaves: whoever saw an answer finds its line in the log.
        "--audit-log-mode=blocking",
        "--audit-log-maxsize=1024",
    ]


def _controller_manager(layout: Layout, settings: Settings, programs: Programs) -> list[str]:
    controllers = ",".join(["*", *(f"-{name}" for name in LEFT_OUT_CONTROLLERS)])
    return [
        str(programs.kubernetes / "kube-controller-manager"),
        f"--kubeconfig={layout.kubeconfig('controller-manager')}",
        f"--root-ca-file={layout.pki / 'ca.crt'}",
        f"--service-account-private-key-file={layout.pki / 'service-account.key'}",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--secure-port=0",
        f"--controllers={controllers}",
        # KWOK runs without leases and heartbeats; without this every node would turn unknown.
        "--node-monitor-grace-period=24h",
        *CLIENT_RATE,
    ]


def _scheduler(layout: Layout, settings: Settings, programs: Programs) -> list[str]:
    return [
        str(programs.kubernetes / "kube-scheduler"),
        f"--kubeconfig={layout.kubeconfig('scheduler')}",
        "--leader-elect=false",
        "--secure-port=0",
        *CLIENT_RATE,
    ]


def _kwok(layout: Layout, settings: Settings, programs: Programs) -> list[str]:
    return [
        str(programs.kwok / "kwok"),
        f"--kubeconfig={layout.kubeconfig('kwok')}",
        f"--config={layout.stages}",
        f"--manage-nodes-with-label-selector={KUBELET_LABEL}={KUBELET_RUNNING}",
        "--node-lease-duration-seconds=0",
    ]
