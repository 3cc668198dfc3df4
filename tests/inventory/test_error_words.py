"""What went wrong with a cluster: told apart, and told in words."""

from __future__ import annotations

import socket

import pytest
import urllib3

from inventory.k8s.errors import ClusterError, TimedOut, Timeout, Unreachable, code_words
from inventory.k8s.streams import transport_error


def test_a_refused_connection_is_no_time_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        url = f"https://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(Unreachable) as found, transport_error():
            urllib3.PoolManager(retries=False).request("GET", url)
    assert not isinstance(found.value, Timeout)


def test_every_code_has_its_sentence() -> None:
    for kind in (Unreachable, Timeout, TimedOut, *ClusterError.__subclasses__()):
        assert code_words(kind.code) == kind.words
    assert code_words("something-newer") == "something-newer"
