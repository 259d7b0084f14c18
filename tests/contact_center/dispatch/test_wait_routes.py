"""Waits over the API: to each what he may see, and to supervisors how true they were."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.contact_center.web.teams import Teams
from tests.support.office import Office, office

__all__ = ["office"]

WAITS = """
UPDATE work SET state = 'waiting', operator_id = NULL, offer_id = NULL, accepted_at = NULL
WHERE id = $1
"""
PROMISED = """
INSERT INTO wait_promises (work_id, queue_id, medium, asked, ahead, senior, room, low_ms, high_ms,
                           told_ms, cause, first_low_ms, first_high_ms)
SELECT id, queue_id, 'chat', '', $2, 2, 1, 130000, 290000, 0, 'senior_came', 0, 0
FROM work WHERE id = $1
"""
RATES = """
INSERT INTO wait_rates (queue_id, medium, handled, handle_seconds, gone, waited_seconds, promised,
                        within_low, within_high, off_seconds, real_seconds)
VALUES ($1, 'chat', 40, 12000, 10, 6000, 20, 9, 18, 600, 2400)
"""


async def waiting(teams: Teams, team: str, holder: UUID, ahead: float) -> UUID:
    """A contact of the team that waits and was told how long."""
    talk = await teams.talk(team, holder)
    await teams.office.db.execute(WAITS, talk.work)
    await teams.office.db.execute(PROMISED, talk.work, ahead)
    return talk.contact


async def asked(office: Office, path: str, who: Any, status: int = 200) -> Any:
    answer = await office.ask("GET", path, who)
    assert answer.status == status, answer.body
    return answer.body


async def test_one_sees_the_waits_of_ones_own_queues_the_next_first(office: Office) -> None:
    teams = await Teams.of(office)
    anna = await office.hire("anna", "operator", team="sales")
    olga = await office.hire("olga", "operator", team="claims")
    late, soon = (
        await waiting(teams, "sales", anna.id, 2.2),
        await waiting(teams, "sales", anna.id, 0),
    )
    foreign = await waiting(teams, "claims", olga.id, 1)
    found = (await asked(office, "/waits", anna))["items"]
    assert [(one["contact_id"], one["position"]) for one in found] == [
        (str(soon), 1), (str(late), 4),
    ]  # fmt: skip
    assert (found[0]["low"], found[0]["high"], found[0]["cause"]) == (3, 5, "senior_came")
    assert [one["contact_id"] for one in (await asked(office, "/waits", olga))["items"]] == [
        str(foreign)
    ]


async def test_supervisors_see_how_true_the_told_waits_were(office: Office) -> None:
    await Teams.of(office)
    for team in ("sales", "claims"):
        await office.db.execute(RATES, office.ids[f"{team}_queue"])
    anna = await office.hire("anna", "operator", team="sales")
    boss = await office.hire("boss", "supervisor", team="sales")
    await asked(office, "/waits/accuracy", anna, 403)
    (line,) = (await asked(office, "/waits/accuracy", boss))["items"]
    assert line == {
        "queue_id": str(office.ids["sales_queue"]), "medium": "chat", "handle": 300,
        "patience": 600, "promises": 20, "within_low": 0.45, "within_high": 0.9, "off": 30,
        "wait": 120,
    }  # fmt: skip
