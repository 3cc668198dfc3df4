"""Typed reading of YAML mappings: each refusal names the file, the place and what is wanted."""

import re
from collections.abc import Collection, Mapping
from typing import NoReturn

from deploy.testbed.errors import FleetError

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?")
BYTES_PER_SUFFIX = {
    **{"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15},
    **{"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50},
}
NUMBER_FIELD = re.compile(r"\{n(?::0(\d))?\}")


class Reader:
    """One mapping of a fleet file, with its place in the file for messages."""

    def __init__(self, content: object, place: str) -> None:
        self.place = place
        if not isinstance(content, dict):
            found = type(content).__name__
            raise FleetError(f"{place}: a mapping of keys to values is needed here, not {found}.")
        self._content: dict[object, object] = content

    def refuse(self, key: str, why: str) -> NoReturn:
        """Raise a FleetError about one key of this mapping."""
        raise FleetError(f"{self.place}: {key} {why}.")

    def allow(self, *keys: str) -> None:
        """Refuse every key but these: it is a slip of the pen, and silence would hide it."""
        for key in self._content:
            if key not in keys:
                known = ", ".join(keys)
                raise FleetError(f"{self.place}: the key {key!r} is not known. Known: {known}.")

    def text(self, key: str, *, default: str | None = None) -> str:
        """Return a string; without `default` the key is needed."""
        if key not in self._content and default is not None:
            return default
        if key not in self._content:
            self.refuse(key, "is missing")
        value = self._content[key]
        if not isinstance(value, str):
            self.refuse(key, f"must be text, not {value!r} (put it in quotes)")
        return value

    def name(self, key: str) -> str:
        """Return a name of lower-case letters, digits and dashes (a DNS label)."""
        value = self.text(key)
        if not DNS_LABEL.fullmatch(value):
            self.refuse(key, f"must be lower-case letters, digits and dashes, not {value!r}")
        return value

    def node_name(self, key: str, *, number: int) -> str:
        """Fill {n} or {n:02} of a pattern with a number and check the name that comes out."""
        pattern = self.text(key)
        if len(NUMBER_FIELD.findall(pattern)) != 1:
            self.refuse(key, f"must hold {{n}} or {{n:02}} once, not {pattern!r}")
        name = NUMBER_FIELD.sub(lambda found: f"{number:0{found.group(1) or 1}}", pattern)
        if not DNS_LABEL.fullmatch(name):
            self.refuse(key, f"makes {name!r}, which is no name for a node")
        return name

    def choice(self, key: str, known: Collection[str]) -> str:
        """Return one of `known`."""
        value = self.text(key)
        if value not in known:
            self.refuse(key, f"must be one of {', '.join(known)}, not {value!r}")
        return value

    def whole(self, key: str, *, minimum: int, maximum: int, default: int | None = None) -> int:
        """Return a whole number within bounds."""
        value = self._content.get(key, default)
        if type(value) is not int or not minimum <= value <= maximum:
            self.refuse(key, f"must be a whole number from {minimum} to {maximum}, not {value!r}")
        return value

    def label_key(self, key: str, *, default: str | None = None) -> str:
        """Return a label key such as nvidia.com/gpu.count."""
        value = self.text(key, default=default)
        if value and not _is_label_key(value):
            self.refuse(key, f"must be a label key, not {value!r}")
        return value

    def label_value(self, key: str, *, default: str | None = None) -> str:
        """Return a label value: at most 63 letters, digits, dashes, dots and underscores."""
        value = self.text(key, default=default)
        if value and not LABEL_NAME.fullmatch(value):
            self.refuse(key, f"must be a label value, not {value!r}")
        return value

    def extended_resource(self, key: str) -> str:
        """Return an extended resource key such as nvidia.com/gpu."""
        value = self.label_key(key)
        if "/" not in value:
            self.refuse(key, f"must be an extended resource with a domain, not {value!r}")
        return value

    def byte_amount(self, key: str) -> int:
        """Return a quantity in bytes."""
        number, suffix = self._quantity(key, self._content.get(key))
        if suffix == "m":
            self.refuse(key, "must be an amount of bytes, not thousandths of one")
        return int(float(number) * BYTES_PER_SUFFIX[suffix])

    def strings(self, key: str) -> dict[str, str]:
        """Return a mapping of text to text; absent means empty."""
        inner = self.inner(key)
        return {name: inner.text(name) for name in inner.list_keys()}

    def labels(self, key: str) -> dict[str, str]:
        """Return a mapping of label keys to label values; absent means empty."""
        inner = self.inner(key)
        for name in inner.list_keys():
            if not _is_label_key(name):
                inner.refuse(name, "is no label key")
        return {name: inner.label_value(name) for name in inner.list_keys()}

    def quantities(self, key: str, *, needed: Collection[str]) -> dict[str, str]:
        """Return Kubernetes quantities by resource key; all of `needed` must be there."""
        inner = self.inner(key)
        for name in needed:
            if name not in inner._content:
                inner.refuse(name, "is missing")
        found = {}
        for name in inner.list_keys():
            if not _is_label_key(name):
                inner.refuse(name, "is no resource key")
            found[name] = "".join(inner._quantity(name, inner._content.get(name)))
        return found

    def counts(self, key: str, *, known: Mapping[str, object]) -> dict[str, int]:
        """Return whole numbers from 1 by a name that must be in `known`; absent means empty."""
        inner = self.inner(key)
        inner.allow(*known)
        return {name: inner.whole(name, minimum=1, maximum=1024) for name in inner.list_keys()}

    def names(self, key: str, *, known: Mapping[str, object]) -> list[str]:
        """Return a list of names that must be in `known`; absent means empty."""
        value = self._content.get(key, [])
        if not isinstance(value, list):
            self.refuse(key, f"must be a list of names, not {value!r}")
        for name in value:
            if name not in known:
                self.refuse(key, f"names {name!r}; known are: {', '.join(known) or 'none'}")
        return [str(name) for name in value]

    def inner(self, key: str) -> "Reader":
        """Return the mapping under a key; absent means empty."""
        return Reader(self._content.get(key, {}), f"{self.place}, {key}")

    def list_keys(self) -> list[str]:
        """Return the keys of this mapping as text."""
        return [str(name) for name in self._content]

    def mapping_of_maps(self, key: str) -> dict[str, "Reader"]:
        """Return the named mappings under a key; absent means none."""
        inner = self.inner(key)
        return {name: inner.inner(name) for name in inner.list_keys()}

    def list_of_maps(self, key: str, *, required: bool = True) -> "list[Reader]":
        """Return the mappings of a list under a key."""
        value = self._content.get(key, None if required else [])
        if not isinstance(value, list):
            self.refuse(key, "must be a list of mappings")
        return [Reader(item, f"{self.place}, {key}[{at}]") for at, item in enumerate(value)]

    def _quantity(self, key: str, value: object) -> tuple[str, str]:
        """Return number and suffix of a quantity such as 8, "1500m" or "64Gi"."""
        text = str(value) if type(value) in (int, str) else ""
        found = QUANTITY.fullmatch(text)
        if found is None:
            self.refuse(key, f'must be a quantity such as 8, "1500m" or 64Gi, not {value!r}')
        return found.group(1), found.group(2) or ""


def _is_label_key(text: str) -> bool:
    prefix, _, name = text.rpartition("/")
    if "/" in text and not DNS_SUBDOMAIN.fullmatch(prefix):
        return False
    return LABEL_NAME.fullmatch(name) is not None
