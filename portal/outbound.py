"""Which addresses Berth may call; who calls is the cluster adapter (inventory.k8s.pinned).

A name is resolved once, the address is judged, and the caller connects to that very address
(TLS still proves the name), so a name that changes its mind between the check and the call gains
nothing. Private ranges are allowed, for that is where API servers live; loopback, link-local,
cloud metadata, multicast and reserved addresses are not, unless the installation lists them.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.errors import BerthError, Unavailable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], list[str]]

MAX_URL_CHARS = 2000

# Metadata services that stand outside link-local space, by their vendors' documentation.
METADATA: frozenset[str] = frozenset(
    {"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"}
)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
V4_COMPATIBLE = ipaddress.IPv6Network("::/96")


class AddressRefused(BerthError):
    """The address, or the way it is written, is not one that Berth may call."""

    status = 400
    code = "address-refused"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL points: `host` is lower case and without brackets."""

    scheme: str
    host: str
    port: int
    path: str


def target_parse(url: str, *, schemes: Sequence[str] = ("https",)) -> Target:
    """Take a URL apart; raise AddressRefused where it hides something or is none."""
    if len(url) > MAX_URL_CHARS or any(c <= " " or c in "\\\x7f" for c in url):
        raise AddressRefused(_("The address has characters that don't belong there."))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressRefused(_("The address can't be read. Write https://host:port.")) from None
    if parts.scheme not in schemes or not host:
        msg = _("The address must begin with %(schemes)s and name a host.")
        raise AddressRefused(msg % {"schemes": " / ".join(f"{s}://" for s in schemes)})
    if parts.username is not None or parts.password is not None:
        raise AddressRefused(_("The address must not hold a user name or a password."))
    if parts.query or parts.fragment:
        raise AddressRefused(_("The address must not hold a query or a fragment."))
    default = 443 if parts.scheme == "https" else 80
    return Target(parts.scheme, host, default if port is None else port, parts.path.rstrip("/"))


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class OutboundPolicy:
    """Judges addresses. `allow` lists networks and host names beyond the ordinary ones."""

    def __init__(self, allow: Sequence[str] = (), *, resolver: Resolver = _resolve) -> None:
        self._networks: list[IPNetwork] = []
        self._hosts: set[str] = set()
        self._resolver = resolver
        for entry in allow:
            try:
                self._networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                self._hosts.add(entry.lower().rstrip("."))

    @classmethod
    def from_settings(cls) -> OutboundPolicy:
        """The policy of this installation (BERTH_OUTBOUND_ALLOW)."""
        return cls(settings.OUTBOUND_ALLOW)

    def check(self, host: str, port: int) -> str:
        """Resolve `host` and return the first address that may be called.

        Raises AddressRefused where every address is forbidden, Unavailable where the name means
        nothing. The caller must connect to the returned address, not to the name.
        """
        if not 0 < port < 65536:
            raise AddressRefused(_("The port must lie between 1 and 65535."))
        try:
            addresses = self._resolver(host, port)
        except (OSError, UnicodeError):
            raise Unavailable(
                _("The host name can't be resolved from where Berth runs."), code="unresolved"
            ) from None
        for address in addresses:
            if self.allows(host, address):
                return address
        raise AddressRefused(
            _(
                "Berth may not call this address. Where that is wanted, the installation lists"
                " it in BERTH_OUTBOUND_ALLOW."
            )
        )

    def allows(self, host: str, address: str) -> bool:
        """Tell whether `address`, found for `host`, may be called."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        forms = _forms(ip)
        if any(form in network for form in forms for network in self._networks):
            return True
        if any(str(form) in METADATA or form.is_link_local for form in forms):
            return False
        return host.lower().rstrip(".") in self._hosts or not any(map(_is_special, forms))


def _forms(ip: IPAddress) -> list[IPAddress]:
    """The address and every IPv4 address that may be hidden in it."""
    forms: list[IPAddress] = [ip]
    if isinstance(ip, ipaddress.IPv6Address):
        forms += [v4 for v4 in (ip.ipv4_mapped, ip.sixtofour) if v4]
        forms += list(ip.teredo or ())
        if ip in NAT64 or ip in V4_COMPATIBLE:
            forms.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return forms


def _is_special(ip: IPAddress) -> bool:
    if isinstance(ip, ipaddress.IPv6Address) and (ip in NAT64 or ip.ipv4_mapped):
        return ip.scope_id is not None  # judged by the IPv4 address inside
    return bool(
        ip.is_loopback
        or ip.is_unspecified
        or ip.is_multicast
        or ip.is_reserved
        or (isinstance(ip, ipaddress.IPv4Address) and int(ip) < 2**24)  # 0.0.0.0/8
        or (isinstance(ip, ipaddress.IPv6Address) and ip.scope_id is not None)
    )
