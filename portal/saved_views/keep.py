"""Keeping, renaming and dropping one's own views of lists."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import JSONObject
from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from portal.errors import Conflict, Denied, Invalid, NotFound
from portal.models import SavedView
from portal.viewer import Viewer

MOST = 30
LONGEST_NAME = 60
LONGEST_PATH = 200
LONGEST_QUERY = 500
AREAS = ("/ops/", "/t/", "/jobs/")
PASSING = ("page", "csrfmiddlewaretoken")  # where one stood, not what one looked at


def views_of(viewer: Viewer) -> QuerySet[SavedView]:
    """The person's own, by name; nothing for a token."""
    if viewer.kind != "user" or viewer.user_id is None:
        return SavedView.objects.none()
    return SavedView.objects.filter(user_id=viewer.user_id)


def views_listed(viewer: Viewer) -> QuerySet[SavedView]:
    """The same for the shell, each with the `row` that it reads."""
    return views_of(viewer).annotate(row=JSONObject(name="name", path="path", query="query"))


@transaction.atomic
def view_save(*, viewer: Viewer, path: str, query: str, name: str) -> SavedView:
    """Keep a list under a name; a name that this list has already gets the new filters.

    Raises Denied (tokens), Invalid, or Conflict where the person has as many as one may have.
    """
    person = _person(viewer)
    name, path, query = name.strip(), path.strip(), query_clean(query)
    _check(name, path, query)
    others = SavedView.objects.filter(user_id=person).exclude(path=path, name=name)
    if others.count() >= MOST:
        raise Conflict(_("You keep %(most)s views already. Delete one first.") % {"most": MOST})
    SavedView.objects.bulk_create(
        [SavedView(user_id=person, path=path, query=query, name=name)],
        update_conflicts=True,
        unique_fields=["user_id", "path", "name"],
        update_fields=["query"],
    )
    return SavedView.objects.get(user_id=person, path=path, name=name)


@transaction.atomic
def view_rename(*, viewer: Viewer, view_id: int, name: str) -> SavedView:
    """Give it another name. Raises NotFound, Invalid, or Conflict where the list has that name."""
    name, own = name.strip(), views_of(viewer).filter(pk=view_id)
    if not own.exists():
        raise NotFound
    _name_check(name)
    try:
        with transaction.atomic():
            own.update(name=name)
    except IntegrityError as error:
        raise Conflict(_("This list has a view of that name already.")) from error
    return own.get()


def view_delete(*, viewer: Viewer, view_id: int) -> None:
    """Drop it. Raises NotFound."""
    deleted, _by_model = views_of(viewer).filter(pk=view_id).delete()
    if not deleted:
        raise NotFound


def query_clean(query: str) -> str:
    """Filters and order of an address; neither the page one was on nor empty boxes."""
    kept = QueryDict(query.removeprefix("?")[: LONGEST_QUERY * 4], mutable=True)
    for key in list(kept):
        values = [value for value in kept.getlist(key) if value]
        if key in PASSING or not values:
            del kept[key]
        else:
            kept.setlist(key, values)
    return kept.urlencode()


def _check(name: str, path: str, query: str) -> None:
    _name_check(name)
    if not _is_list(path):
        raise Invalid(fields={"path": [_("Give the address of a list, as in /ops/nodes/.")]})
    if len(query) > LONGEST_QUERY or "\x00" in query or "%00" in query:
        raise Invalid(fields={"query": [_("These filters are too long to keep.")]})


def _name_check(name: str) -> None:
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        sentence = _("Give a name of at most %(most)s characters.")
        raise Invalid(fields={"name": [sentence % {"most": LONGEST_NAME}]})


def _is_list(path: str) -> bool:
    """A page of this program; whether the person may open it is that page's business."""
    if len(path) > LONGEST_PATH or not path.startswith(AREAS):
        return False
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def _person(viewer: Viewer) -> int:
    if viewer.kind != "user" or viewer.user_id is None:
        raise Denied(_("This belongs to a person; sign in instead of using a token."))
    return viewer.user_id
