"""Kubeconfigs: a good one is read, everything else is refused with a way out."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from inventory.k8s.kubeconfig import parse_kubeconfig
from portal.errors import Invalid
from tests.inventory.certificates import Authority

AUTHORITY = Authority()
CERT, KEY = AUTHORITY.issue()
OTHER_KEY = AUTHORITY.issue()[1]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def config(
    *, cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None, **top: Any
) -> dict[str, Any]:
    """A good kubeconfig with changes; a value of None takes a key away."""
    place = {"server": "https://api.example:6443"} | (cluster or {})
    place.setdefault("certificate-authority-data", encoded(AUTHORITY.pem))
    person = {"token": "abc.def"} | (user or {})
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": _without_none(place)}],
        "users": [{"name": "u", "user": _without_none(person)}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    } | top


def _without_none(found: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in found.items() if v is not None}


def refusal(found: dict[str, Any] | str, **options: Any) -> str:
    """The sentence with which something is refused."""
    text = found if isinstance(found, str) else yaml.safe_dump(found)
    with pytest.raises(Invalid) as caught:
        parse_kubeconfig(text, **options)
    (sentence,) = caught.value.fields["kubeconfig"]
    return str(sentence)


def test_a_token_is_read() -> None:
    parsed = parse_kubeconfig(yaml.safe_dump(config()))
    assert (parsed.server, parsed.token) == ("https://api.example:6443", "abc.def")
    assert parsed.ca_pem == AUTHORITY.pem
    assert "abc.def" not in repr(parsed)


def test_a_client_certificate_is_read() -> None:
    user = {
        "token": None,
        "client-certificate-data": encoded(CERT),
        "client-key-data": encoded(KEY),
    }
    parsed = parse_kubeconfig(yaml.safe_dump(config(user=user)))
    assert (parsed.client_cert_pem, parsed.client_key_pem) == (CERT, KEY)
    assert "PRIVATE" not in repr(parsed)


def test_several_contexts_of_one_place_are_no_question() -> None:
    contexts = [
        {"name": name, "context": {"cluster": "c", "user": "u", "namespace": name}}
        for name in ("x", "y")
    ]
    assert parse_kubeconfig(yaml.safe_dump(config(contexts=contexts))).namespace == "x"


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({"exec": {"command": "sh", "args": ["-c", "id"]}}, "runs no commands"),
        ({"auth-provider": {"name": "gcp"}}, "plug-ins"),
        ({"tokenFile": "/etc/passwd"}, "inline as token"),
        ({"client-certificate": "/etc/passwd"}, "inline as client-certificate-data"),
        ({"client-key": "/etc/passwd"}, "inline as client-key-data"),
        ({"username": "a", "password": "b"}, "Passwords"),
        ({"as": "root"}, "nobody else"),
        ({"as-groups": ["system:masters"]}, "nobody else"),
        ({"as-user-extra": {}}, "nobody else"),
        ({"surprise": "1"}, "does not know the key 'surprise'"),
        ({"token": "a b"}, "characters"),
        ({"token": "a\nb"}, "characters"),
        ({"token": "x" * 20_000}, "characters"),
        ({"token": 12}, "must be text"),
        ({"token": None}, "exactly one credential"),
        ({"client-key-data": encoded(KEY)}, "exactly one credential"),
        ({"token": None, "client-certificate-data": "%%"}, "base64"),
        (
            {
                "token": None,
                "client-certificate-data": encoded(CERT),
                "client-key-data": encoded(OTHER_KEY),
            },
            "does not belong",
        ),
        (
            {
                "token": None,
                "client-certificate-data": encoded("nonsense"),
                "client-key-data": encoded(KEY),
            },
            "PEM form",
        ),
    ],
)
def test_a_user_that_is_more_than_a_credential_is_refused(user: Any, words: str) -> None:
    assert words in refusal(config(user=user))


@pytest.mark.parametrize(
    ("cluster", "words"),
    [
        ({"certificate-authority": "/etc/ssl/x"}, "certificate-authority-data"),
        ({"proxy-url": "socks5://evil"}, "no proxy"),
        ({"insecure-skip-tls-verify": True}, "always checks"),
        ({"insecure-skip-tls-verify": False}, "always checks"),
        ({"disable-compression": True}, "does not know the key"),
        ({"server": "http://api.example"}, "https://"),
        ({"server": "https://user:pw@api.example"}, "password"),
        ({"server": "https://api.example/?a=b"}, "query"),
        ({"server": "file:///etc/passwd"}, "https://"),
        ({"server": None}, "https://"),
        ({"server": "https://api.example:99999"}, "can't be read"),
        ({"server": "https://api.example\\@evil.example"}, "characters"),
        ({"server": "https://" + "a" * 3000}, "characters"),
        ({"certificate-authority-data": encoded("no certificate")}, "PEM form"),
        ({"certificate-authority-data": encoded("ü")}, "base64"),
        ({"tls-server-name": "a b"}, "host name"),
    ],
)
def test_a_cluster_that_is_more_than_an_address_is_refused(cluster: Any, words: str) -> None:
    assert words in refusal(config(cluster=cluster))


TWO = [
    {"name": "x", "context": {"cluster": "c", "user": "u"}},
    {"name": "y", "context": {"cluster": "c", "user": "other"}},
]


@pytest.mark.parametrize(
    ("top", "words"),
    [
        ({"contexts": TWO}, "several contexts"),
        ({"contexts": TWO, "current-context": ""}, "several contexts and none is current"),
        ({"current-context": "missing"}, "exactly one entry named 'missing'"),
        ({"users": []}, "exactly one entry named 'u'"),
        (
            {"users": [{"name": "u", "user": {}}, {"name": "u", "user": {}}]},
            "exactly one entry named 'u'",
        ),
        ({"clusters": "c"}, "list of named entries"),
        ({"clusters": None}, "exactly one entry named 'c'"),
        ({"kind": "List"}, "not a kubeconfig"),
        ({"more": 1}, "does not know the key 'more'"),
    ],
)
def test_a_file_that_leaves_a_question_is_refused(top: Any, words: str) -> None:
    assert words in refusal(config(**top))


def test_a_context_can_be_chosen() -> None:
    found = config(contexts=TWO, users=[{"name": "other", "user": {"token": "t2"}}])
    assert parse_kubeconfig(yaml.safe_dump(found), context="y").token == "t2"


BOMB = "a: &a [x, x]\n" + "".join(
    f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *{'a' if n == 0 else f'b{n - 1}'}]\n"
    for n in range(40)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "Anchors and aliases"),
        ("a: &a 1\n", "Anchors and aliases"),
        ("[" * 50 + "]" * 50, "nested too deeply"),
        ("[" + "1," * 6000 + "]", "too many values"),
        ("kind: Config\n---\nkind: Config\n", "exactly one document"),
        ("kind: Config\nkind: Config\n", "only once"),
        ("<<: {a: b}\nkind: Config\n", "does not know"),
        ("!!python/object/apply:os.system ['id']", "not valid YAML"),
        ("kind: [", "not valid YAML"),
        ("\x00", "not valid YAML"),
        ("", "not a kubeconfig"),
        ("just text", "not a kubeconfig"),
        ("x" * 70_000, "64 KiB"),
        ("? [a]\n: b\n", "only once"),
    ],
    ids=["bomb", "anchor", "deep", "wide", "two", "twice", "merge", "tag", "broken", "nul"]
    + ["empty", "text", "large", "complex"],
)
def test_yaml_that_does_more_than_hold_data_is_refused(text: str, words: str) -> None:
    assert words in refusal(text)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with pytest.raises(Invalid):
        parse_kubeconfig(text)


def test_the_command_line_may_name_files(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text(AUTHORITY.pem)
    (tmp_path / "token").write_text("t0k3n\n")
    cluster = {"certificate-authority": "ca.crt", "certificate-authority-data": ""}
    found = config(cluster=cluster, user={"token": None, "tokenFile": str(tmp_path / "token")})
    del found["clusters"][0]["cluster"]["certificate-authority-data"]
    parsed = parse_kubeconfig(yaml.safe_dump(found), files_from=tmp_path)
    assert (parsed.ca_pem, parsed.token) == (AUTHORITY.pem, "t0k3n")


def test_a_missing_file_is_said_on_the_command_line(tmp_path: Path) -> None:
    found = config(user={"token": None, "tokenFile": "nowhere"})
    assert "can't be read" in refusal(found, files_from=tmp_path)


def test_the_command_line_runs_no_commands_either(tmp_path: Path) -> None:
    found = config(user={"exec": {"command": "sh"}})
    assert "runs no commands" in refusal(found, files_from=tmp_path)
