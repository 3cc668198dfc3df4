"""Base of resources: lists, objects with versions, and what may be done to them.

class PoolViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, ResourceViewSet):
    verbs = {"list": "pool.view", "retrieve": "pool.view", "create": "pool.edit",
             "partial_update": "pool.edit"}
    serializer_in, serializer_out = PoolIn, PoolOut
    filterset_class = PoolFilter
    versioned = "generation"

    def visible(self):
        return Pool.objects.all()

    def perform_create(self, data):
        return pool_create(viewer=self.viewer, **data)
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, ClassVar, cast

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from portal.api.versions import etag_of, version_check
from portal.api.views import OWN, BerthView
from portal.errors import Invalid, NotFound
from portal.joins import list_join
from portal.models import JobRun

VERSIONED_METHODS = frozenset({"PUT", "PATCH", "DELETE"})
LIST_PARAMETERS = frozenset({"cursor", "limit"})


class ResourceViewSet(BerthView, GenericViewSet[Any]):
    """Objects of one kind. Subclasses add the mixins of what they offer.

    `visible` gives the rows the viewer may see; `tenant_field` names their tenant column ("" for
    objects of the platform); `versioned` names the column that counts changes ("" for none);
    `paged` names the actions beside `list` that answer with a page of rows.
    """

    tenant_field: ClassVar[str] = ""
    versioned: ClassVar[str] = ""
    paged: ClassVar[frozenset[str]] = frozenset()
    lookup_value_regex = "[^/]+"

    def visible(self) -> QuerySet[Any]:
        """The rows that the viewer may see."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        """The visible rows of the tenants in which the viewer has the verb."""
        if getattr(self, "swagger_fake_view", False):
            self.kwargs = defaultdict(str)  # the OpenAPI document has no address to read from
            return self.visible()
        rows = self.visible()
        if not self.tenant_field or self.viewer.can(self.verb):
            return rows
        keys = [key for key, verbs in self.viewer.tenant_verbs.items() if self.verb in verbs]
        return rows.filter(**{f"{self.tenant_field}__in": keys})

    def authorize_list(self) -> None:
        """Raise Denied unless the viewer has the verb, at all or in one tenant at least."""
        held = any(self.verb in verbs for verbs in self.viewer.tenant_verbs.values())
        if self.tenant_field and self.verb != OWN and held:
            self.authorized = True
            return
        self.authorize()

    def get_object(self) -> Any:
        """The object of the address: 404 unseen, then 403, then 428 and 412."""
        name = self.lookup_url_kwarg or self.lookup_field
        try:
            found = self.visible().filter(**{self.lookup_field: self.kwargs[name]}).first()
        except (ValueError, DjangoValidationError):
            found = None
        if found is None:
            raise NotFound
        self.authorize(self.tenant_of(found))
        if self.versioned:
            version_check(
                self.request,
                getattr(found, self.versioned),
                required=self.request.method in VERSIONED_METHODS,
            )
        return found

    def tenant_of(self, found: Any) -> str | None:
        """Key of the tenant whose rights count for an object."""
        if not self.tenant_field:
            return None
        value: Any = found
        for name in self.tenant_field.split("__"):
            value = getattr(value, name)
        return value or None

    def tenant_asked(self) -> str | None:
        """Key of the tenant in which something is to be made; by default that of the body."""
        if not self.tenant_field:
            return None
        body = self.request.data
        key = body.get("tenant") if isinstance(body, dict) else None
        if not isinstance(key, str) or not key:
            raise Invalid(fields={"tenant": [_("Say for which tenant, by its key.")]})
        return key

    def answer(self, found: Any, *, status: int = 200) -> Response:
        """An object as the answer, with its ETag."""
        response = Response(self.shown(found), status=status)
        if self.versioned and hasattr(found, self.versioned):
            response["ETag"] = etag_of(getattr(found, self.versioned))
        return response

    def accepted(self, job: JobRun) -> Response:
        """The job that does it, with its address: there the work goes on."""
        response = Response(self.shown(job), status=202)
        response["Location"] = f"/api/v1/jobs/{job.pk}/"
        return response


class ListMixin:
    """GET on the collection."""

    def list(self, request: Request) -> Response:
        """One page of what the viewer may see."""
        view = cast(ResourceViewSet, self)
        view.authorize_list()
        _parameters_check(view, request)
        page = view.paginate_queryset(view.filter_queryset(view.get_queryset()))
        return view.get_paginated_response(view.shown(page, many=True))


class RetrieveMixin:
    """GET on one object."""

    def retrieve(self, request: Request, **_names: str) -> Response:
        """The object with its ETag."""
        view = cast(ResourceViewSet, self)
        return view.answer(view.get_object())


class CreateMixin:
    """POST on the collection; `perform_create(data)` calls a service and returns the object."""

    def create(self, request: Request) -> Response:
        """Make an object; 201 with its address."""
        view = cast(Any, self)
        view.authorize(view.tenant_asked())
        made = view.perform_create(view.payload())
        response: Response = view.answer(made, status=201)
        address = view.location(made)
        if address:
            response["Location"] = address
        return response

    def location(self, made: Any) -> str:
        """Address of a new object, below that of the collection."""
        view = cast(ResourceViewSet, self)
        return f"{view.request.path}{getattr(made, view.lookup_field)}/"


class UpdateMixin:
    """PATCH on one object; `perform_update(found, data)` calls a service, returns the object."""

    def update_check(self, found: Any) -> None:
        """Raise Conflict where the object can't be changed now, whatever the body says."""

    def partial_update(self, request: Request, **_names: str) -> Response:
        """Change some fields of an object."""
        view = cast(Any, self)
        found = view.get_object()
        view.update_check(found)
        changed = view.perform_update(found, view.payload(partial=True))
        return cast(Response, view.answer(changed))


class DestroyMixin:
    """DELETE on one object, which `perform_destroy(found)` removes."""

    def destroy(self, request: Request, **_names: str) -> Response:
        """Remove an object."""
        view = cast(Any, self)
        view.perform_destroy(view.get_object())
        return Response(status=204)


def _parameters_check(view: ResourceViewSet, request: Request) -> None:
    """A misspelt filter would answer with everything, so it is refused."""
    filterset = getattr(view, "filterset_class", None)
    known = LIST_PARAMETERS | set(filterset.get_filters() if filterset else ())
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        text = _("There is no such filter here. Known: %(names)s.")
        words = text % {"names": list_join(sorted(known))}
        raise Invalid(fields={name: [words] for name in unknown})
