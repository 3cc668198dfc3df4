"""Base of every endpoint: declared verbs, one order of refusals, versions, idempotent writes.

The order of answers: 401 signed out, 429 too many, 405 not offered, 404 unseen, 403 forbidden,
428/412 which version, 409 wrong state, 400 bad payload, 422 refused by a rule. A POST whose state
its service alone can judge reads its payload before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from portal.api.idempotency import write_once
from portal.api.parsers import StrictJSONParser
from portal.api.schema import BerthAutoSchema
from portal.api.throttles import BerthThrottle
from portal.errors import Denied, Invalid
from portal.joins import list_join
from portal.viewer import Viewer, authorize

# A verb for what belongs to the person who asks: no role gives it, the queryset narrows it.
OWN = "own"

Handler = Callable[..., Response]


class BerthView(APIView):
    """An endpoint. `verbs` says for each action (or lower-case method) what right it needs.

    An action without a verb is refused, and one that answers without having asked for rights is
    a bug and becomes a 500 that undoes what it did. `only_reads` is for a POST that asks a question
    too large for an address: it needs no Idempotency-Key.
    """

    verbs: ClassVar[Mapping[str, str]] = {}
    serializer_in: ClassVar[type[BaseSerializer[Any]] | None] = None
    serializer_out: ClassVar[type[BaseSerializer[Any]] | None] = None
    serializers_in: ClassVar[Mapping[str, type[BaseSerializer[Any]]]] = {}
    serializers_out: ClassVar[Mapping[str, type[BaseSerializer[Any]]]] = {}
    only_reads: ClassVar[bool] = False
    parser_classes = [StrictJSONParser]
    throttle_classes = [BerthThrottle]
    schema = BerthAutoSchema()
    success_statuses: ClassVar[Mapping[str, int]] = {}
    media_types: ClassVar[Mapping[str, str]] = {}
    authorized: bool = False

    @property
    def viewer(self) -> Viewer:
        """Who asks; nobody while the OpenAPI document is made."""
        found = getattr(self.request, "viewer", None)
        return found if isinstance(found, Viewer) else Viewer.anonymous()

    @property
    def action_name(self) -> str:
        """Name of what is being done: the viewset's action, or the method in lower case.

        HEAD is GET without a body, and needs the same right.
        """
        method = (self.request.method or "").lower()
        return getattr(self, "action", None) or {"head": "get"}.get(method, method)

    @property
    def verb(self) -> str:
        """The right that the action needs; raise Denied where none is declared."""
        verb = self.verbs.get(self.action_name)
        if verb is None:
            raise Denied(_("Nobody may do this here."), code="not-offered")
        return verb

    def authorize(self, tenant_key: str | None = None) -> None:
        """Raise NotFound or Denied unless the viewer may do this, in a tenant or at all."""
        if self.verb == OWN:
            if self.viewer.kind != "user":
                raise Denied(_("This belongs to a person; sign in instead of using a token."))
        else:
            authorize(viewer=self.viewer, verb=self.verb, tenant_key=tenant_key or None)
        self.authorized = True

    def payload(self, *, partial: bool = False) -> dict[str, Any]:
        """The validated body; raise Invalid naming each field."""
        serializer_class = self.serializers_in.get(self.action_name, self.serializer_in)
        if serializer_class is None:
            return {}
        self._names_check(serializer_class)
        serializer = serializer_class(
            data=self.request.data, partial=partial, context={"viewer": self.viewer, "view": self}
        )
        serializer.is_valid(raise_exception=True)
        data: dict[str, Any] = serializer.validated_data
        return data

    def _names_check(self, serializer_class: type[BaseSerializer[Any]]) -> None:
        """A misspelt field must not be dropped in silence."""
        fields = getattr(serializer_class(), "fields", None)
        if fields is None or not isinstance(self.request.data, dict):
            return
        known = {name for name, field in fields.items() if not field.read_only}
        known |= {"tenant"} if getattr(self, "tenant_field", "") else set()
        words = _("There is no such field. Known: %(names)s.") % {"names": list_join(sorted(known))}
        unknown = [str(name)[:60] for name in self.request.data if name not in known]
        if unknown:
            raise Invalid(fields={name: [words] for name in unknown})

    def shown(self, found: Any, *, many: bool = False) -> Any:
        """Plain data of an object or of several."""
        serializer_class = self.serializers_out.get(self.action_name, self.serializer_out)
        if serializer_class is None:
            return found
        context = {"viewer": self.viewer, "view": self, "request": self.request}
        return serializer_class(found, many=many, context=context).data

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As DRF's, with the handler run as one idempotent write where it is a write."""
        self.args, self.kwargs = args, kwargs
        self.authorized = False
        self.request = drf_request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(drf_request, *args, **kwargs)
            response = self._run(drf_request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 -- the outermost place of an API call
            response = self.handle_exception(error)
        self.response = self.finalize_response(drf_request, response, *args, **kwargs)
        return self.response

    def _run(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        method = (request.method or "").lower()
        if method not in self.http_method_names or not hasattr(self, method):
            raise MethodNotAllowed(request.method or "")
        handler: Handler = getattr(self, method)
        if method == "options":
            self.authorized = True
            return Response(status=204)
        _verb = self.verb
        if request.method in SAFE_METHODS or self.only_reads:
            return self._checked(handler(request, *args, **kwargs))
        return write_once(
            request=request,
            viewer=self.viewer,
            act=lambda: self._checked(handler(request, *args, **kwargs)),
        )

    def _checked(self, response: Response) -> Response:
        if not self.authorized:
            message = f"{type(self).__name__}.{self.action_name} answered without authorize()"
            raise RuntimeError(message)
        return response
