import inspect

import pytest

from contact_center.kernel import errors
from contact_center.kernel.errors import (
    Conflict,
    HouseError,
    Invalid,
    NotFound,
    SettingsError,
    TooLarge,
    TooMany,
    Unavailable,
)

ALL = [
    error
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, HouseError) and error is not HouseError
]


def test_codes_are_all_different() -> None:
    codes = [error.code for error in ALL]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_the_tree_in_the_docstring_names_the_error_with_its_status(error: type[HouseError]) -> None:
    tree = errors.__doc__ or ""
    line = next(line for line in tree.splitlines() if f" {error.__name__} " in line)
    assert error is SettingsError or str(error.status) in line


def test_what_the_caller_needs_next_travels_with_the_error() -> None:
    assert Conflict("taken", current={"by": 1}).extra == {"current": {"by": 1}}
    assert Invalid("no", field="name").extra == {"field": "name"}
    assert TooLarge(limit=10).limit == 10
    assert TooMany(retry_after=3).status == 429
    assert Unavailable(retry_after=2).extra["retry_after"] == 2


def test_one_raise_may_carry_a_finer_code() -> None:
    error = Conflict("somebody took it", current=None, code="offer_gone", taken_by="Olga")
    assert (error.code, error.status, error.extra["taken_by"]) == ("offer_gone", 409, "Olga")
    assert Conflict.code == "conflict"
    assert str(NotFound()) == "not_found"
