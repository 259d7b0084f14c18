"""What is wrong with a document and what it would change, its newcomers included. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from contact_center.kernel.errors import Invalid
from contact_center.work.policies import model, newcomers
from contact_center.work.policies.model import Difference, Document, World
from routing.checks import BadPolicy, Problem
from routing.rulebook import Rulebook


def judged(body: Document, world: World, part: Mapping[str, Any]) -> dict[str, Any]:
    """`problems` of a document, the `changes` it would make, what it `adopted`, queues' `names`."""
    joined = newcomers.join(body, world)
    problems, changes = list(joined.problems), list[Difference]()
    try:
        book = model.checked(joined.document, joined.world, part)
    except BadPolicy as bad:
        problems += bad.problems
    if not problems:
        running = None  # of rows that no policy would have made everything counts as new
        with suppress(BadPolicy):
            running = model.checked({}, joined.known, part)
        changes = list(newcomers.changes(joined, running, book))
    return {
        "problems": [asdict(one) for one in problems],
        "changes": [asdict(one) for one in changes], "adopted": joined.adopted,
        "names": {model.code_of(row): row["name"] for row in joined.world.queues},
    }  # fmt: skip


def complete(body: Document, world: World, part: Mapping[str, Any]) -> Document:
    """The whole policy of a document, its newcomers included. Raises Invalid."""
    joined = newcomers.join(body, world)
    if joined.problems:
        raise refused(list(joined.problems))
    return checked(joined.document, joined.world, part).model_dump(mode="json")


def checked(body: Document, world: World, part: Mapping[str, Any]) -> Rulebook:
    """The rules of a document that has no faults. Raises Invalid."""
    try:
        return model.checked(body, world, part)
    except BadPolicy as bad:
        raise refused(bad.problems) from None


def refused(problems: list[Problem], queue: str | None = None) -> Invalid:
    """The answer to a policy that cannot run; `queue`: the one whose row was to change."""
    field, own = problems[0].place, f"queues.{queue}."
    if queue is not None and field.startswith(own):
        name = field.removeprefix(own)
        field = model.COLUMNS.get(name, name)
    return Invalid(
        f"the policy cannot run: {problems[0]}", code="bad_policy",
        field=field, problems=[asdict(one) for one in problems],
    )  # fmt: skip
