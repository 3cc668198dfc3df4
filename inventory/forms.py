"""Forms of the inventory: they check shape and call nothing."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inventory.models import Cluster, Pool
from inventory.selector_text import (
    TextRefused,
    selector_format,
    selector_parse,
    tolerations_format,
    tolerations_parse,
)
from portal.ui.forms import MonoArea, MonoInput

NAME_HELP = _("1 to 40 small letters, digits and hyphens. It can't be changed later.")
MAX_KUBECONFIG = 128 * 1024
MAX_TEXT = 10_000


class LinesField(forms.CharField):
    """Lines that a parser turns into a list; what it refuses becomes the field's error."""

    def __init__(self, *, parser: Any, **options: Any) -> None:
        self.parser = parser
        rows = {"rows": "4"}
        super().__init__(required=False, max_length=MAX_TEXT, widget=MonoArea(rows), **options)

    def clean(self, value: Any) -> Any:
        """The list."""
        try:
            return self.parser(super().clean(value))
        except TextRefused as problem:
            raise ValidationError(str(problem.message)) from None


class JsonField(forms.CharField):
    """JSON text; empty gives `empty`."""

    def __init__(self, *, empty: Any, **options: Any) -> None:
        self.empty = empty
        rows = {"rows": "3"}
        super().__init__(required=False, max_length=MAX_TEXT, widget=MonoArea(rows), **options)

    def clean(self, value: Any) -> Any:
        """The data; the service checks what is in it."""
        text = super().clean(value).strip()
        if not text:
            return self.empty
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as problem:
            raise ValidationError(
                _("This is not valid JSON: %(why)s") % {"why": str(problem)[:120]}
            ) from None


class LabelsField(forms.CharField):
    """Labels as key=value, one on a line or parted by commas."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=MAX_TEXT, widget=MonoInput, **options)

    def clean(self, value: Any) -> Any:
        """The labels."""
        text = super().clean(value)
        found: dict[str, str] = {}
        for part in filter(None, (p.strip() for p in text.replace("\n", ",").split(","))):
            key, equals, label = part.partition("=")
            if not equals:
                raise ValidationError(_("Write labels as key=value, separated by commas."))
            found[key.strip()] = label.strip()
        return found


def labels_format(labels: dict[str, str]) -> str:
    """The text that LabelsField reads back."""
    return ", ".join(f"{key}={value}" for key, value in labels.items())


class KubeconfigForm(forms.Form):
    """The way to a cluster."""

    kubeconfig = forms.CharField(
        label=_("Kubeconfig"),
        max_length=MAX_KUBECONFIG,
        strip=False,
        widget=MonoArea({"rows": "14", "autocomplete": "off"}),
        help_text=_("One context with a token or a client certificate, everything inline."),
    )


class ClusterNewForm(KubeconfigForm):
    """A cluster to register."""

    name = forms.CharField(label=_("Name"), max_length=40, widget=MonoInput, help_text=NAME_HELP)
    title = forms.CharField(label=_("Title"), max_length=120)
    labels = LabelsField(label=_("Labels"), help_text=_("Your own words: region=north, owner=it"))
    field_order = ("name", "title", "labels", "kubeconfig")


class ClusterForm(forms.Form):
    """What can be changed of a cluster."""

    title = forms.CharField(label=_("Title"), max_length=120)
    labels = LabelsField(label=_("Labels"), help_text=_("Your own words: region=north, owner=it"))
    subject_template = JsonField(
        empty=[],
        label=_("Subjects of RoleBindings"),
        help_text=_('Such as [{"kind": "Group", "name": "{tenant}-{role}"}].'),
    )
    login = JsonField(
        empty={},
        label=_("How tenants sign in"),
        help_text=_("server, ca_pem and exec (command, args, env): goes into their kubeconfig."),
    )

    @staticmethod
    def initial_of(cluster: Cluster) -> dict[str, Any]:
        """The fields of a cluster as text."""
        return {
            "title": cluster.title,
            "labels": labels_format(cluster.labels),
            "subject_template": _json(cluster.subject_template),
            "login": _json(cluster.login),
        }


class ReasonForm(forms.Form):
    """Why; kept in the audit log."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


class RemoveForm(ReasonForm):
    """Removing asks for the name, typed."""

    confirm = forms.CharField(label=_("Type the cluster's name"), widget=MonoInput)

    def __init__(self, *args: Any, name: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.name = name

    def clean_confirm(self) -> str:
        """It must be the very name."""
        if self.cleaned_data["confirm"] != self.name:
            raise ValidationError(_("This is not the name of the cluster: nothing was changed."))
        return self.name


class PoolForm(forms.Form):
    """A pool's conditions."""

    title = forms.CharField(label=_("Title"), max_length=120)
    selector = LinesField(
        parser=selector_parse,
        label=_("Conditions on node labels"),
        help_text=_("One on a line, all must hold: zone in (a, b), gpu=h100, gpu, !spot"),
    )
    tolerations = LinesField(
        parser=tolerations_parse,
        label=_("Tolerations of its pods"),
        help_text=_("One on a line, written like a taint: gpu=yes:NoSchedule"),
    )
    clusters = forms.MultipleChoiceField(
        label=_("Clusters"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen means all clusters, also those that join later."),
    )

    def __init__(self, *args: Any, clusters: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(name, name) for name in clusters]
        self.fields["clusters"].choices = choices  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(pool: Pool) -> dict[str, Any]:
        """The fields of a pool as text."""
        return {
            "title": pool.title,
            "selector": selector_format(pool.selector),
            "tolerations": tolerations_format(pool.tolerations),
            "clusters": [cluster.name for cluster in pool.clusters.all()],
        }


class PoolNewForm(PoolForm):
    """A pool to make."""

    name = forms.CharField(label=_("Name"), max_length=40, widget=MonoInput, help_text=NAME_HELP)
    field_order = ("name", "title", "selector", "tolerations", "clusters")


class DeviceTypeForm(forms.Form):
    """A device type to add."""

    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        widget=MonoInput,
        help_text=_("Quota is given in it, such as h100. It can't be changed later."),
    )
    title = forms.CharField(label=_("Title"), max_length=120)
    vendor = forms.CharField(label=_("Vendor"), max_length=60, required=False)
    memory_gib = forms.IntegerField(
        label=_("Memory, GiB"),
        min_value=0,
        max_value=100_000,
        initial=0,
        help_text=_("0 means not known."),
    )
    weight_milli = forms.IntegerField(
        label=_("Share of a whole device, thousandths"), min_value=1, max_value=1000, initial=1000
    )


class MappingForm(forms.Form):
    """What a resource key means."""

    device_type = forms.ChoiceField(label=_("Device type"))
    resource_key = forms.CharField(
        label=_("Resource key"),
        max_length=317,
        widget=MonoInput,
        help_text=_("Such as nvidia.com/gpu."),
    )
    node_labels = LabelsField(
        label=_("On nodes with these labels"), help_text=_("key=value; none means all nodes.")
    )
    cluster = forms.ChoiceField(label=_("Cluster"), required=False)
    ordering = forms.IntegerField(
        label=_("Order"), min_value=0, max_value=10_000, initial=100, help_text=_("Lower is first.")
    )

    def __init__(
        self, *args: Any, types: list[tuple[str, str]], clusters: list[str], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["device_type"].choices = types  # type: ignore[attr-defined]
        self.fields["cluster"].choices = [  # type: ignore[attr-defined]
            ("", _("All clusters")),
            *((name, name) for name in clusters),
        ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) if value else ""
