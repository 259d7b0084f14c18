"""The quarantine's list: each department sees its own."""

from __future__ import annotations

from uuid import UUID

import pytest

from contact_center.kernel.ids import new_id
from tests.support.office import Office, office

__all__ = ["office"]


@pytest.fixture
async def entries(office: Office) -> dict[str, UUID]:
    """One entry of an account of each department."""
    made = {}
    for team in ("sales", "claims"):
        account, made[team] = new_id(), new_id()
        await office.db.execute(
            "INSERT INTO accounts (id, provider, medium, title, brand_id, queue_id, public_key)"
            " VALUES ($1, 'x', 'chat', $2, $3, $4, $2)",
            account, team, office.ids["brand"], office.ids[f"{team}_queue"],
        )  # fmt: skip
        await office.db.execute(
            "INSERT INTO quarantine (id, account_id, kind, error, request)"
            " VALUES ($1, $2, 'malformed', 'not JSON', '')", made[team], account,
        )  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("role", "seen"), [("supervisor", ["sales"]), ("administrator", ["claims", "sales"])]
)
async def test_who_sees_what(
    office: Office, entries: dict[str, UUID], role: str, seen: list[str]
) -> None:
    chief = await office.hire("chief", role)
    for question in ("", "?state=waiting", "?limit=200"):
        answer = await office.ask("GET", f"/quarantine{question}", chief)
        assert [one["account"] for one in answer.body["items"]] == seen


async def test_pages_follow_each_other(office: Office, entries: dict[str, UUID]) -> None:
    boss = await office.hire("boss", "administrator")
    first = await office.ask("GET", "/quarantine?limit=1", boss)
    second = await office.ask("GET", f"/quarantine?limit=1&cursor={first.body['next']}", boss)
    found = [page.body["items"][0]["id"] for page in (first, second)]
    assert found == [str(entries["claims"]), str(entries["sales"])]


async def test_only_administrators_see_what_a_request_holds(
    office: Office, entries: dict[str, UUID]
) -> None:
    chief = await office.hire("chief", "supervisor")
    answer = await office.ask("GET", f"/quarantine/{entries['sales']}", chief)
    assert answer.status == 403
