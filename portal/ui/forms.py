"""Django's own form renderer with our field template, and the few widgets we add."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django.forms
from django import forms
from django.conf import settings
from django.forms.renderers import BaseRenderer
from django.template.backends.django import DjangoTemplates

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class BerthFormRenderer(BaseRenderer):
    """Renders forms with templates/forms/; widgets fall back to Django's own templates."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    formset_template_name = "forms/formset.html"

    @cached_property
    def engine(self) -> DjangoTemplates:
        """An engine of its own: the project's with Django's widget templates behind it."""
        project: dict[str, Any] = settings.TEMPLATES[0]
        options = {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ],
            "builtins": [name for name in project["OPTIONS"]["builtins"] if "cotton" not in name],
        }
        built_in = Path(django.forms.__file__).parent / "templates"
        return DjangoTemplates(
            {
                "NAME": "berth-forms",
                "DIRS": [*project["DIRS"], built_in],
                "APP_DIRS": False,
                "OPTIONS": options,
            }
        )

    def get_template(self, template_name: str) -> Any:
        """Find a form or widget template."""
        return self.engine.get_template(template_name)


class UnitInput(forms.NumberInput):
    """A number whose unit stands inside the box; `one` is the word for a single one of it."""

    template_name = "forms/widgets/unit.html"

    def __init__(
        self, unit: StrOrPromise, attrs: dict[str, Any] | None = None, *, one: StrOrPromise = ""
    ) -> None:
        super().__init__(attrs)
        self.unit, self.one = unit, one

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the unit; the words change with the number in the browser."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context |= {"unit": self.unit, "one": self.one}
        return context


class Segmented(forms.RadioSelect):
    """Two to four choices side by side; the chosen one has tick, weight and inner border."""

    template_name = "forms/widgets/segmented.html"


class MonoInput(forms.TextInput):
    """One line of text that is code: a command, an image."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        quiet = {"class": "b-mono", "spellcheck": "false", "autocapitalize": "off"}
        super().__init__(quiet | (attrs or {}))


class MonoArea(forms.Textarea):
    """Several lines of code: a kubeconfig, YAML."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        quiet = {"class": "b-mono", "spellcheck": "false", "rows": "8"}
        super().__init__(quiet | (attrs or {}))


class LocalDateTimeInput(forms.DateTimeInput):
    """The browser's own date and time field: ISO in every language."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")
