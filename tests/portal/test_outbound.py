"""Outbound calls: forbidden addresses in every spelling, and URLs that hide something."""

from __future__ import annotations

import pytest

from portal.errors import Unavailable
from portal.outbound import AddressRefused, OutboundPolicy, target_parse


def policy(*addresses: str, allow: tuple[str, ...] = ()) -> OutboundPolicy:
    """A policy under which every name means these addresses."""
    return OutboundPolicy(allow, resolver=lambda _host, _port: list(addresses))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1"]  # noqa: S104
    + ["224.0.0.1", "255.255.255.255", "240.0.0.1", "100.100.100.200", "168.63.129.16"]
    + ["::1", "::", "fe80::1", "fe80::1%eth0", "ff02::1", "fd00:ec2::254"]
    + ["::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "2002:7f00:1::"]
    + ["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:0:7f00:1::", "not an address"],
)
def test_an_address_that_is_no_place_for_a_server_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        policy(address).check("innocent.example", 443)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.16.5.5", "192.168.1.1", "100.64.0.1", "8.8.8.8", "2606:4700::1111"]
    + ["fd12:3456::1", "::ffff:10.0.0.1", "64:ff9b::808:808"],
)
def test_public_and_private_addresses_may_be_called(address: str) -> None:
    assert policy(address).check("api.example", 6443) == address


@pytest.mark.parametrize(
    "host", ["2130706433", "0177.0.0.1", "0x7f.1", "0x7f000001", "127.1", "0", "localhost"]
)
def test_numbers_that_the_system_takes_for_loopback_are_refused(host: str) -> None:
    with pytest.raises((AddressRefused, Unavailable)):
        OutboundPolicy().check(host, 443)


def test_only_the_allowed_one_of_several_addresses_is_called() -> None:
    assert policy("127.0.0.1", "10.0.0.7").check("two.example", 443) == "10.0.0.7"


def test_the_installation_may_allow_networks_and_names() -> None:
    assert policy("127.0.0.1", allow=("127.0.0.0/8",)).check("x", 443) == "127.0.0.1"
    assert policy("127.0.0.1", allow=("api.example",)).check("API.example.", 443) == "127.0.0.1"
    with pytest.raises(AddressRefused):
        policy("127.0.0.1", allow=("api.example",)).check("other.example", 443)


def test_a_name_is_not_enough_for_metadata() -> None:
    with pytest.raises(AddressRefused):
        policy("169.254.169.254", allow=("api.example",)).check("api.example", 443)
    assert policy("169.254.169.254", allow=("169.254.169.254/32",)).check("x", 80)


def test_an_unknown_name_may_be_known_later() -> None:
    def fails(_host: str, _port: int) -> list[str]:
        raise OSError

    with pytest.raises(Unavailable) as caught:
        OutboundPolicy(resolver=fails).check("nowhere.example", 443)
    assert not caught.value.permanent


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(AddressRefused):
        policy("10.0.0.1").check("api.example", port)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example",
        "ftp://api.example",
        "https://",
        "https://user@api.example",
        "api.example",
    ]
    + [
        "https://user:pw@api.example",
        "https://api.example?x=1",
        "https://api.example#f",
        "https:///x",
    ]
    + ["https://api.example:abc", "https://api.example:70000", "https://api.example\\@evil", ""]
    + ["https://[::1", "https://api.example\nHost: evil", "https://api .example", "javascript:1"],
)
def test_a_url_that_hides_something_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        target_parse(url)


def test_a_url_is_taken_apart() -> None:
    target = target_parse("https://API.example:6443/k8s/c-1/")
    assert (target.host, target.port, target.path) == ("api.example", 6443, "/k8s/c-1")
    assert target_parse("https://[2001:db8::1]").host == "2001:db8::1"
