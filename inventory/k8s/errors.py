"""What a cluster may answer instead of what was asked, and whether trying again can help.

Texts for people are fixed sentences; what the other side wrote stays in `detail`, which is
bounded and meant for logs of operators, never for pages or answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_lazy as _

from portal.errors import BerthError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_stubs_ext import StrOrPromise

DETAIL_CHARS = 500


class ClusterError(BerthError):
    """Base of everything that can go wrong between Berth and a cluster.

    `http_status` is the cluster's own status, None where none came; `reason` its machine-readable
    reason; `retry_after` seconds it asked us to wait; `causes` its causes as plain dicts with
    `reason`, `field` and `message`; `facts` numbers read out of its text.
    """

    status = 502
    code = "cluster-error"
    permanent = True
    words: ClassVar[StrOrPromise] = _("The cluster refused the call.")

    def __init__(
        self,
        *,
        http_status: int | None = None,
        reason: str = "",
        detail: str = "",
        retry_after: float | None = None,
        causes: list[dict[str, str]] | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(self.words, retry_after=retry_after)
        self.http_status = http_status
        self.reason = reason
        self.detail = detail[:DETAIL_CHARS]
        self.retry_after = retry_after
        self.causes = causes or []
        self.facts = facts or {}


class Unauthorized(ClusterError):
    """401: the credential is unknown or has expired."""

    code = "credential-expired"
    needs_person = True
    words = _("The cluster does not accept Berth's credential any more. Hand in a new one.")


class Forbidden(ClusterError):
    """403 from authorisation: the account lacks a right."""

    code = "cluster-forbidden"
    words = _(
        "Berth's account on the cluster lacks a right it needs. The cluster's page lists the"
        " missing rights; apply the shipped ClusterRoles."
    )


class PolicyRefused(ClusterError):
    """An admission policy said no; `facts["policy"]` names it."""

    code = "cluster-policy"
    words = _("An admission policy of the cluster refused the object.")


class QuotaExceeded(ClusterError):
    """403 from a ResourceQuota; `facts` has requested, used and limited as amounts by key."""

    code = "cluster-quota"
    words = _("The quota of the namespace on the cluster refused the object.")


class QuotaNotReady(ClusterError):
    """403 while the cluster has not yet counted a fresh ResourceQuota."""

    status = 503
    code = "cluster-quota-not-ready"
    permanent = False
    words = _("The cluster has not yet counted the namespace's quota.")


class Terminating(ClusterError):
    """The namespace is on its way out; it heals when it is gone."""

    status = 503
    code = "cluster-namespace-terminating"
    permanent = False
    words = _("The namespace is being deleted on the cluster.")


class NotFound(ClusterError):
    """404: there is no such object or no such kind."""

    code = "cluster-not-found"
    words = _("The cluster has no such object.")


class AlreadyExists(ClusterError):
    """409 on create: the name is taken."""

    code = "cluster-already-exists"
    words = _("The cluster already has an object of this name.")


class Conflict(ClusterError):
    """409: stale version, wrong UID, or a field that another manager owns (`causes` say which)."""

    code = "cluster-conflict"
    words = _("Somebody else changed the object on the cluster.")

    @property
    def managers(self) -> list[str]:
        """Names of the managers that own contested fields, from server-side apply."""
        found = []
        for cause in self.causes:
            parts = cause.get("message", "").split('"')
            if cause.get("reason") == "FieldManagerConflict" and len(parts) > 1:
                found.append(parts[1])
        return sorted(set(found))


class Invalid(ClusterError):
    """400, 405, 413, 415 or 422: the cluster can't make sense of the object."""

    code = "cluster-invalid"
    words = _("The cluster says that the object is not valid.")


class Gone(ClusterError):
    """410: the version is no longer kept; list again."""

    status = 503
    code = "cluster-gone"
    permanent = False
    words = _("The cluster no longer keeps this version; Berth reads it anew.")


class TooManyRequests(ClusterError):
    """429: the cluster asks for patience."""

    status = 503
    code = "cluster-busy"
    permanent = False
    words = _("The cluster is busy and asks Berth to wait.")


class ServerFault(ClusterError):
    """5xx, or an answer that is none."""

    status = 503
    code = "cluster-fault"
    permanent = False
    words = _("The cluster's API server answered with an error of its own.")


class TimedOut(ServerFault):
    """408 or 504: an answer, unlike `Timeout`, and it says that time ran out.

    A write may have been carried out all the same, as after any answer that may heal.
    """

    code = "cluster-timed-out"
    words = _("The cluster's API server answered that time ran out before it was done.")


class VersionTooLarge(ServerFault):
    """504 after a restart of the API server: its cache has not caught up."""

    code = "cluster-catching-up"
    words = _("The cluster's API server has restarted and is catching up.")


class Unreachable(ClusterError):
    """No connection: refused, reset, name, TLS."""

    status = 503
    code = "cluster-unreachable"
    permanent = False
    words = _("Berth can't reach the cluster's API server.")


class Untrusted(Unreachable):
    """The server's certificate does not match the CA or the name."""

    code = "cluster-untrusted"
    permanent = True
    needs_person = True
    words = _("The server's certificate does not fit the CA certificate that was given for it.")


class OtherCluster(ClusterError):
    """The connection works, and leads to another cluster than the one that was registered."""

    code = "cluster-other"
    needs_person = True
    words = _(
        "Another cluster answers than the one that was registered under this name. Hand in a"
        " kubeconfig of that one, or add this one under a name of its own."
    )


class Timeout(Unreachable):
    """The connection stands but nothing comes."""

    code = "cluster-timeout"
    words = _("The cluster's API server did not answer in time.")


class AnswerTooLarge(ClusterError):
    """More bytes than Berth holds."""

    code = "cluster-answer-too-large"
    words = _("The cluster's answer is larger than Berth accepts.")


def code_words(code: str) -> StrOrPromise:
    """The sentence that goes with the code of a ClusterError; the code where it is none of ours."""
    return next((kind.words for kind in _kinds(ClusterError) if kind.code == code), code)


def _kinds(kind: type[ClusterError]) -> Iterator[type[ClusterError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)
