"""The OpenAPI document is true: whoever may succeeds as it says, and nothing else ever comes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from tests.surface.contract import (
    case_judge,
    case_of_row,
    fixed_values,
    operations,
    row_of,
)
from tests.surface.stage import Stage

LABELS = sorted(operations())
PERSONS = ("operator", "owner")
SHORT = {GenerationMode.POSITIVE: 2, GenerationMode.NEGATIVE: 2}
LONG = {GenerationMode.POSITIVE: 25, GenerationMode.NEGATIVE: 25}
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def may(label: str, person: str) -> bool:
    """Whether the table lets a person do an operation."""
    return row_of(label).granted(label.partition(" ")[0]).status(person) == 0


ALLOWED = [(label, person) for label in LABELS for person in PERSONS if may(label, person)]


def test_each_operation_is_for_an_operator_or_an_owner() -> None:
    assert sorted({label for label, _person in ALLOWED}) == LABELS


@pytest.mark.parametrize(("label", "person"), ALLOWED)
def test_an_operation_succeeds_as_documented(stage: Stage, label: str, person: str) -> None:
    answer = case_judge(stage, person, case_of_row(stage, label))
    assert 200 <= answer.status < 300, answer.body


@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("label", LABELS)
def test_made_up_calls_are_answered_as_documented(stage: Stage, label: str, person: str) -> None:
    _explore(stage, label, person, SHORT)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("label", LABELS)
def test_many_made_up_calls(stage: Stage, label: str, person: str) -> None:
    _explore(stage, label, person, LONG)


def _explore(stage: Stage, label: str, person: str, budget: dict[GenerationMode, int]) -> None:
    operation = operations()[label]
    places = fixed_values(stage, label)
    for mode, most in budget.items():
        strategy = operation.as_strategy(generation_mode=mode, path_parameters=places)

        @settings(
            max_examples=most,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=QUIET,
        )
        @given(case=strategy)
        def explore(case: object) -> None:
            case_judge(stage, person, case)

        explore()
