"""What others do to Berth's objects, on the simulator: the same tests as on a control plane."""

from __future__ import annotations

import pytest

from tests.scheduling.test_drift import *  # noqa: F403
from tests.scheduling.test_drift import (
    test_a_deleted_object_is_shown_and_made_again_by_choice,
    test_a_foreign_object_in_place_of_ours_is_drift_and_survives_the_release,
    test_a_foreign_object_under_our_name_is_never_adopted,
    test_an_edit_can_be_accepted_and_is_shown_no_more,
    test_an_edit_is_shown_with_its_managers_name_and_restored_by_choice,
    unfenced,
)

__all__ = [
    "test_a_deleted_object_is_shown_and_made_again_by_choice",
    "test_a_foreign_object_in_place_of_ours_is_drift_and_survives_the_release",
    "test_a_foreign_object_under_our_name_is_never_adopted",
    "test_an_edit_can_be_accepted_and_is_shown_no_more",
    "test_an_edit_is_shown_with_its_managers_name_and_restored_by_choice",
    "unfenced",
]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
