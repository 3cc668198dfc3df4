"""NetworkPolicies (k8s.io/kubernetes/pkg/apis/networking/validation)."""

from __future__ import annotations

import ipaddress

from simulator.api.errors import Causes
from simulator.objects import Object
from simulator.validation.names import port_problems, selector_validate

PROTOCOLS = ["TCP", "UDP", "SCTP"]
TYPES = ["Ingress", "Egress"]
RANGE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def network_policy_validate(spec: Object, causes: Causes) -> None:
    """Check whom a policy lets talk to whom."""
    selector_validate(spec.get("podSelector"), "spec.podSelector", causes)
    for part, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(part) or ()):
            here = f"spec.{part}[{index}]"
            for number, port in enumerate(rule.get("ports") or ()):
                _port(port, f"{here}.ports[{number}]", causes)
            for number, peer in enumerate(rule.get(peers) or ()):
                _peer(peer, f"{here}.{peers}[{number}]", causes)
    types = spec.get("policyTypes") or []
    if len(types) > len(TYPES):
        causes.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")
        return
    for index, name in enumerate(types):
        if name not in TYPES:
            causes.unsupported(f"spec.policyTypes[{index}]", name, TYPES)


def _port(port: Object, path: str, causes: Causes) -> None:
    if port.get("protocol", "TCP") not in PROTOCOLS:
        causes.unsupported(f"{path}.protocol", port["protocol"], PROTOCOLS)
    number, end = port.get("port"), port.get("endPort")
    for why in port_problems(number) if number is not None else ():
        causes.invalid(f"{path}.port", number, why)
    if end is None:
        return
    if number is None:
        why = "may not be specified when `port` is not specified"
        causes.invalid(f"{path}.endPort", end, why)
    elif isinstance(number, str):
        why = "may not be specified when `port` is non-numeric"
        causes.invalid(f"{path}.endPort", end, why)
    elif end < number:
        causes.invalid(f"{path}.endPort", end, "must be greater than or equal to `port`")
    for why in port_problems(end):
        causes.invalid(f"{path}.endPort", end, why)


def _peer(peer: Object, path: str, causes: Causes) -> None:
    others = [name for name in ("podSelector", "namespaceSelector") if peer.get(name) is not None]
    for name in others:
        selector_validate(peer[name], f"{path}.{name}", causes)
    block = peer.get("ipBlock")
    if block is not None:
        _block(block, f"{path}.ipBlock", causes)
    if block is None and not others:
        causes.required(path, "must specify a peer")
    elif block is not None and others:
        causes.forbidden(path, "may not specify both ipBlock and another peer")


def _block(block: Object, path: str, causes: Causes) -> None:
    text = block.get("cidr", "")
    if not text:
        causes.required(f"{path}.cidr")
        return
    whole = range_validate(text, f"{path}.cidr", causes)
    for index, out in enumerate(block.get("except") or ()):
        here = f"{path}.except[{index}]"
        part = range_validate(out, here, causes)
        if whole is None or part is None:
            continue
        inside = part.version == whole.version and part.subnet_of(whole)  # type: ignore[arg-type]
        if not inside or part == whole:
            causes.invalid(here, out, "must be a strict subset of `cidr`")


def range_validate(
    text: str, path: str, causes: Causes
) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A range of addresses; None, and a cause, where it is none."""
    try:
        if "/" in text:
            return ipaddress.ip_network(text, strict=False)
    except ValueError:
        pass
    causes.invalid(path, text, RANGE)
    return None
