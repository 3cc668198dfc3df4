"""The form that asks for an allocation."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.ui.forms import MonoArea, MonoInput, Segmented, UnitInput
from scheduling.choices import AllocationKind, Priority, RunsAs
from tenants.choices_requests import RequestKind
from tenants.forms_requests import (
    LASTS,
    MomentField,
    RequestForm,
    base_to_shown,
    shown_to_base,
    times_initial,
    until_of,
)
from tenants.models import CapacityRequest

PLAIN = ("cpu", "memory")
NO_DEVICE = ""


class AllocationForm(RequestForm):
    """What, where, when and how long, why."""

    kind_of_request = RequestKind.ALLOCATION
    answered = RequestForm.answered | {
        *("kind", "runs_as", "name", "image", "device", "replicas", "devices", "cores", "memory"),
        *("cluster", "start", "start_at", "keep_days", "until_at", "rerun"),
    }
    field_of = {
        "ask.spec.image": "image",
        "ask.spec.command": "command",
        "ask.spec.args": "args",
        "ask.spec.env": "env",
        "ask.spec.ports": "ports",
        "ask.spec": "image",
        "ask.shape.cpu": "cores",
        "ask.shape.memory": "memory",
        "ask.shape": "devices",
        "ask.kind": "kind",
        "ask.name": "name",
        "ask.pool": "pool",
        "ask.cluster": "cluster",
        "ask.replicas": "replicas",
        "ask.runs_as": "runs_as",
        "until": "until_at",
    }

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=AllocationKind.choices,
        initial=AllocationKind.WORKLOAD,
        widget=Segmented,
        required=False,
    )
    runs_as = forms.ChoiceField(
        label=_("Runs as"),
        choices=RunsAs.choices,
        initial=RunsAs.SERVICE,
        widget=Segmented,
        required=False,
    )
    name = forms.CharField(
        label=_("Name"), required=False, max_length=40, widget=MonoInput, empty_value=""
    )
    image = forms.CharField(label=_("Image"), required=False, widget=MonoInput)
    command = forms.CharField(label=_("Command"), required=False, widget=MonoInput)
    args = forms.CharField(label=_("Arguments"), required=False, widget=MonoInput)
    env = forms.CharField(
        label=_("Environment"),
        required=False,
        strip=False,  # spaces at the end of a value are part of it
        widget=MonoArea(attrs={"rows": 3}),
        help_text=_("One NAME=value a line. Not for secrets: whoever sees the request sees them."),
    )
    ports = forms.CharField(
        label=_("Ports"), required=False, widget=MonoInput, help_text=_("Such as 8080, 9090.")
    )
    pool = forms.ChoiceField(label=_("Pool"), required=False)
    device = forms.CharField(label=_("Device type"), required=False, widget=forms.Select)
    replicas = forms.IntegerField(label=_("Replicas"), required=False, initial=1)
    devices = forms.IntegerField(
        label=_("Devices per replica"),
        required=False,
        initial=1,
        widget=UnitInput(_("devices"), one=_("device")),
    )
    cores = forms.DecimalField(
        label=_("CPU per replica"),
        required=False,
        max_digits=16,
        decimal_places=3,
        initial=4,
        widget=UnitInput(_("cores"), attrs={"step": "any", "inputmode": "decimal"}),
    )
    memory = forms.DecimalField(
        label=_("Memory per replica"),
        required=False,
        max_digits=20,
        decimal_places=10,
        initial=16,
        widget=UnitInput("GiB", attrs={"step": "any", "inputmode": "decimal"}),
    )
    cluster = forms.ChoiceField(label=_("Cluster"), required=False, widget=Segmented)
    start = forms.ChoiceField(
        label=_("Start"),
        choices=[("now", _("When approved")), ("at", _("At a time"))],
        initial="now",
        widget=Segmented,
        required=False,
    )
    start_at = MomentField(label=_("Start at"), required=False)
    lasts = forms.ChoiceField(
        label=_("Keep it"), choices=LASTS, initial="days", widget=Segmented, required=False
    )
    keep_days = forms.IntegerField(
        label=_("Keep for"),
        required=False,
        min_value=1,
        max_value=1830,
        initial=14,
        widget=UnitInput(_("d")),
    )
    until_at = MomentField(label=_("Until"), required=False)
    preemptible = forms.BooleanField(label=_("May be preempted"), required=False)
    evict = forms.BooleanField(
        label=_("When it is released, my pods that still run may be ended"), required=False
    )
    rerun = forms.ChoiceField(
        label=_("If a node is lost"),
        choices=[("yes", _("Run again from the start")), ("no", _("Stop and tell me"))],
        initial="no",
        widget=Segmented,
        required=False,
    )
    priority = forms.ChoiceField(
        label=_("Priority"),
        choices=Priority.choices,
        initial=Priority.NORMAL,
        widget=Segmented,
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        pools: list[tuple[str, str]],
        device_types: list[tuple[str, str]],
        clusters: list[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        names: Any = self.fields
        names["pool"].choices = pools
        names["device"].widget.choices = [(NO_DEVICE, _("None, processor only")), *device_types]
        anywhere = [("", _("Any of %(count)s") % {"count": len(clusters)})]
        names["cluster"].choices = [*anywhere, *((name, name) for name in clusters)]

    def clean_command(self) -> list[str]:
        """Words as a shell would split them."""
        return _words(self.cleaned_data["command"])

    def clean_args(self) -> list[str]:
        """Words as a shell would split them."""
        return _words(self.cleaned_data["args"])

    def clean_env(self) -> dict[str, str]:
        """Names and values."""
        lines = [line for line in self.cleaned_data["env"].splitlines() if line.strip()]
        pairs = [line.partition("=") for line in lines]
        if not all(equals for _name, equals, _value in pairs):
            raise ValidationError(_("Write NAME=value on each line."))
        return {name.strip(): value for name, _equals, value in pairs}

    def clean_ports(self) -> list[int]:
        """Whole numbers parted by commas or spaces."""
        words = self.cleaned_data["ports"].replace(",", " ").split()
        if not all(word.isdecimal() and len(word) < 7 for word in words):
            raise ValidationError(_("Write port numbers such as 8080, 9090."))
        return [int(word) for word in words]

    def ask(self) -> dict[str, Any]:
        """The fields of an allocation's ask that were filled in."""
        data = self.cleaned_data
        kind = data.get("kind") or AllocationKind.WORKLOAD
        found: dict[str, Any] = {
            "kind": kind,
            "name": data.get("name", ""),
            "pool": data.get("pool", ""),
            "cluster": data.get("cluster", ""),
            "shape": self._shape(),
        }
        if data.get("replicas") is not None:
            found["replicas"] = data["replicas"]
        if kind == AllocationKind.WORKLOAD:
            runs_as = data.get("runs_as") or RunsAs.SERVICE
            found |= {"runs_as": runs_as, "spec": self._spec()}
            if runs_as == RunsAs.COMPLETION:
                found["consent"] = {"rerun": data.get("rerun") == "yes"}
        else:
            found["consent"] = {"evict": bool(data.get("evict"))}
        return found

    def until(self, now: datetime) -> datetime | None:
        """As chosen, counted from the start."""
        data = self.cleaned_data
        begins = data.get("start_at") if data.get("start") == "at" else None
        return until_of(data, begins or now)

    def _shape(self) -> dict[str, int]:
        data = self.cleaned_data
        wanted: dict[str, Any] = {"cpu": data.get("cores"), "memory": data.get("memory")}
        if data.get("device"):
            wanted[data["device"]] = data.get("devices")
        return {
            name: shown_to_base(value, name) for name, value in wanted.items() if value is not None
        }

    def _spec(self) -> dict[str, Any]:
        data = self.cleaned_data
        spec = {name: data.get(name) for name in ("image", "command", "args", "env", "ports")}
        return {name: value for name, value in spec.items() if value}


def allocation_initial(request: CapacityRequest) -> dict[str, Any]:
    """A request's ask as the form's fields hold it."""
    ask: Mapping[str, Any] = request.ask
    spec, shape, consent = ask.get("spec", {}), ask.get("shape", {}), ask.get("consent", {})
    device = next((name for name in sorted(shape) if name not in PLAIN), NO_DEVICE)
    found = {
        **{name: ask.get(name) for name in ("kind", "name", "pool", "cluster", "replicas")},
        "runs_as": ask.get("runs_as") or RunsAs.SERVICE,
        "image": spec.get("image", ""),
        "command": shlex.join(spec.get("command", [])),
        "args": shlex.join(spec.get("args", [])),
        "env": "\n".join(f"{name}={value}" for name, value in spec.get("env", {}).items()),
        "ports": ", ".join(map(str, spec.get("ports", []))),
        "device": device,
        "devices": shape.get(device),
        "cores": base_to_shown(shape["cpu"], "cpu") if "cpu" in shape else None,
        "memory": base_to_shown(shape["memory"], "memory") if "memory" in shape else None,
        "evict": bool(consent.get("evict")),
        "rerun": "yes" if consent.get("rerun") else "no",
    }
    return found | times_initial(request)


def form_can_hold(request: CapacityRequest) -> bool:
    """Tell whether the form shows all of an ask: one made as code may hold more.

    More than one device type in a replica, texts of several lines.
    """
    shape, spec = request.ask.get("shape", {}), request.ask.get("spec", {})
    texts = [*spec.get("env", {}).values(), *spec.get("command", []), *spec.get("args", [])]
    one_device = sum(name not in PLAIN for name in shape) <= 1
    return one_device and all(len(f"{text}|".splitlines()) == 1 for text in texts)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise ValidationError(_("Close the quotation mark.")) from None
