"""The one door through which Berth calls other machines: which addresses, and how.

A name is resolved once, the address is judged, and the connection goes to that very address
(TLS still proves the name), so a name that changes its mind between the check and the call gains
nothing. Private ranges are allowed, for that is where API servers live; loopback, link-local,
cloud metadata, multicast and reserved addresses are not, unless the installation lists them.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.errors import BerthError, Unavailable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], list[str]]

RESPONSE_CAP_BYTES = 64 * 1024 * 1024
CONNECT_SECONDS = 3.0
READ_SECONDS = 20.0
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


class ResponseTooLarge(Unavailable):
    """The other side sent more than Berth is ready to hold."""

    code = "response-too-large"
    permanent = True


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


class _Capped(httpx.SyncByteStream):
    """A response body that ends in an error instead of filling the memory."""

    def __init__(self, stream: httpx.SyncByteStream, cap_bytes: int) -> None:
        self._stream = stream
        self._cap_bytes = cap_bytes

    def __iter__(self) -> Iterator[bytes]:
        seen_bytes = 0
        for chunk in self._stream:
            seen_bytes += len(chunk)
            if seen_bytes > self._cap_bytes:
                raise ResponseTooLarge(_("The answer is larger than Berth accepts."))
            yield chunk

    def close(self) -> None:
        self._stream.close()


class PinnedTransport(httpx.BaseTransport):
    """Connects to the checked address while TLS and Host keep the name."""

    def __init__(self, policy: OutboundPolicy, *, verify: ssl.SSLContext, cap_bytes: int) -> None:
        self._policy = policy
        self._cap_bytes = cap_bytes
        self._inner = httpx.HTTPTransport(verify=verify, trust_env=False, retries=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; raises AddressRefused or Unavailable before anything is sent."""
        url = request.url
        host = url.host
        port = url.port or (443 if url.scheme == "https" else 80)
        request.headers["Accept-Encoding"] = "identity"  # so that the cap counts real bytes
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = url.copy_with(host=self._policy.check(host, port))
        response = self._inner.handle_request(request)
        if isinstance(response.stream, httpx.SyncByteStream):
            response.stream = _Capped(response.stream, self._cap_bytes)
        return response

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def http_client(
    *,
    policy: OutboundPolicy | None = None,
    ca_pem: str = "",
    cap_bytes: int = RESPONSE_CAP_BYTES,
    connect_seconds: float = CONNECT_SECONDS,
    read_seconds: float = READ_SECONDS,
) -> httpx.Client:
    """Give an HTTP client that follows no redirect and reads no proxy from the environment.

    `ca_pem` replaces the system's certificate authorities. The caller closes the client.
    """
    context = ssl.create_default_context(cadata=ca_pem or None)
    policy = policy or OutboundPolicy.from_settings()
    return httpx.Client(
        transport=PinnedTransport(policy, verify=context, cap_bytes=cap_bytes),
        timeout=httpx.Timeout(read_seconds, connect=connect_seconds),
        follow_redirects=False,
        trust_env=False,
    )
