"""A draft tried on recorded traffic: beside what runs, in a process aside, kept with the draft."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contact_center.jobs.model import Job
from contact_center.kernel.ids import new_id
from contact_center.work.planning import service
from contact_center.work.planning.service import KIND, SERVICE
from tests.support.office import Office, Person

TURNS = """
INSERT INTO work (id, queue_id, medium, cost, state, origin, arrived_at, virtual_arrival,
  accepted_at, wrap_up_since, ended_at, outcome)
SELECT id, $1, 'voice', 100, 'done', 'arrival', t, t, t + interval '15 s',
  t + interval '195 s', t + interval '200 s', 'closed'
FROM (SELECT id, $3::timestamptz + n * interval '80 s' AS t
      FROM unnest($2::uuid[]) WITH ORDINALITY AS i (id, n)) turns
"""


async def day(office: Office) -> Person:
    """An hour of calls, more than the two members of their queue can take; a third is free."""
    boss = await office.hire("boss", "administrator", team=None)
    now = datetime.now(UTC)
    await office.db.execute("UPDATE queues SET code = name")
    for name, team in (("ann", "sales"), ("bob", "sales"), ("cid", "claims")):
        person = await office.hire(name, team=team)
        await office.db.execute(
            "INSERT INTO presence_history (id, employee_id, presence, cause, started_at)"
            " VALUES ($1, $2, 'ready', 'test', $3)",
            new_id(), person.id, now - timedelta(hours=5),
        )  # fmt: skip
    ids = [new_id() for _ in range(36)]
    await office.db.execute(TURNS, office.ids["sales_queue"], ids, now - timedelta(hours=3))
    return boss


async def draft(office: Office, boss: Person, **rules: Any) -> str:
    body = {"queues": [{"code": "sales", **rules}]}
    made = await office.ask("POST", "/policies", boss, json={"body": body})
    assert made.status == 201, made.body
    return str(made.body["id"])


async def job_of(office: Office) -> Job:
    row = await office.db.fetchrow(
        "SELECT id, kind, key, due_at, attempts + 1 AS attempts, payload FROM jobs"
        " WHERE kind = $1 AND state = 'waiting' ORDER BY id DESC LIMIT 1",
        KIND,
    )
    assert row is not None
    return Job(**dict(row))


async def run(office: Office) -> Job:
    job = await job_of(office)
    await office.app[SERVICE].run(job)
    return job


async def test_a_draft_is_tried_beside_what_runs_and_the_result_stays_with_it(
    office: Office,
) -> None:
    boss = await day(office)
    policy = await draft(office, boss, members_only=False)
    asked = await office.ask("POST", f"/policies/{policy}/dry-runs", boss, json={"within": 30})
    assert (asked.status, asked.body["state"]) == (201, "waiting"), asked.body
    second = await office.ask("POST", f"/policies/{policy}/dry-runs", boss, json={})
    assert (second.status, second.code) == (409, "busy")
    await run(office)
    done = (await office.ask("GET", f"/dry-runs/{asked.body['id']}", boss)).body
    assert (done["state"], done["failure"], done["done"]) == ("done", None, done["total"])
    result = done["result"]
    assert (result["seen"], result["left_out"]) == (36, {})
    whole, sales = result["kinds"]
    assert (whole["queue"], sales["queue"], sales["medium"]) == ("", "sales", "voice")
    wait = sales["figures"]["mean_wait"]
    # A call of 200 s every 80 s: two people are not enough, three are.
    assert wait["was"] == 15
    assert wait["draft"]["mean"] < wait["running"]["mean"]
    assert sales["figures"]["service_level"]["was"] == 100
    assert sales["figures"]["occupancy"]["draft"]["mean"] < 100
    assert {one["operator_id"] for one in result["operators"]} >= {str(office.ids["cid"])}
    half = max(result["staffing"][0]["rows"], key=lambda one: one["needed"])  # some are not whole
    assert half["at_ms"] % 1_800_000 == 0
    assert half["needed"] >= 4
    assert half["there"] == pytest.approx(3, abs=0.1)
    kinds = [(await office.events(f"dry_run.{kind}"))[0]["actor"] for kind in ("started", "ended")]
    assert kinds == [f"employee:{boss.id}", "system"]
    await office.ask("POST", f"/policies/{policy}/activate", boss, json={"edition": 1})
    (edition, *_) = (await office.ask("GET", "/policies", boss)).body["items"]
    kept = (await office.ask("GET", f"/policies/{edition['id']}/dry-runs", boss)).body["items"]
    assert [one["id"] for one in kept] == [done["id"]]


async def test_what_cannot_be_tried_says_why(office: Office) -> None:
    boss = await day(office)
    policy = await draft(office, boss)
    path, now = f"/policies/{policy}/dry-runs", datetime.now(UTC)
    for since, until in ((49, 0), (1 / 60, 0), (24 * 500, 24 * 499)):
        body = {"since": (now - timedelta(hours=since)).isoformat(),
                "until": (now - timedelta(hours=until)).isoformat()}  # fmt: skip
        answer = await office.ask("POST", path, boss, json=body)
        assert (answer.status, answer.code) == (422, "bad_window"), body
    early = {"since": (now - timedelta(hours=9)).isoformat(),
             "until": (now - timedelta(hours=6)).isoformat()}  # fmt: skip
    asked = await office.ask("POST", path, boss, json=early)
    await run(office)
    shown = (await office.ask("GET", f"/dry-runs/{asked.body['id']}", boss)).body
    assert (shown["state"], shown["failure"], shown["result"]) == ("failed", "nobody", None)
    bad = await draft(office, boss, needs={"chess": 3})
    refused = await office.ask("POST", f"/policies/{bad}/dry-runs", boss, json={})
    assert (refused.status, refused.code) == (422, "bad_policy")


async def test_a_half_hour_says_how_many_it_needs_and_what_more_or_fewer_would_give(
    office: Office,
) -> None:
    lead = await office.hire("lead", "supervisor")
    path = "/staffing?arrivals=100&talk=180&occupancy=85&shrinkage=30"
    found = (await office.ask("GET", path, lead)).body
    assert (found["load"], found["needed"], found["scheduled"]) == (10, 14, 20)
    assert [one["operators"] for one in found["rows"]] == list(range(11, 18))
    fewer, enough = found["rows"][2], found["rows"][3]
    assert (enough["in_time"], enough["occupancy"]) == (pytest.approx(88.8, abs=0.1), 71.43)
    assert fewer["wait"] > enough["wait"]
    few = (await office.ask("GET", "/staffing?arrivals=100&talk=180&share=20", lead)).body
    assert few["rows"][0]["wait"] is None  # without end
    patient = (await office.ask("GET", f"{path}&patience=60", lead)).body
    assert patient["needed"] < 14
    assert patient["rows"][0]["abandoned"] > 0
    refused = await office.ask("GET", "/staffing?arrivals=100000&talk=86400", lead)
    assert (refused.status, refused.code) == (422, "not_enough")
    assert (await office.ask("GET", path, await office.hire("kate"))).status == 403


async def test_a_cancelled_run_ends_its_process_and_an_interrupted_one_begins_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = await day(office)
    policy = await draft(office, boss, strategy="pack")
    asked = await office.ask("POST", f"/policies/{policy}/dry-runs", boss, json={"how": "like"})
    job = await job_of(office)
    begun, held = asyncio.Event(), asyncio.Event()
    read, processes = service.store.rows, []

    async def slow(*given: Any) -> Any:
        begun.set()
        await held.wait()
        return await read(*given)

    made = asyncio.create_subprocess_exec

    async def noted(*given: Any, **more: Any) -> Any:
        processes.append(await made(*given, **more))
        return processes[-1]

    monkeypatch.setattr(service.store, "rows", slow)
    monkeypatch.setattr(service.asyncio, "create_subprocess_exec", noted)
    first = asyncio.create_task(office.app[SERVICE].run(job))
    await begun.wait()
    first.cancel()  # the worker stops
    await asyncio.gather(first, return_exceptions=True)
    state = (await office.ask("GET", f"/dry-runs/{asked.body['id']}", boss)).body["state"]
    assert state == "running"
    held.set()
    again = asyncio.create_task(office.app[SERVICE].run(job))
    async with asyncio.timeout(60):
        while not processes:
            await asyncio.sleep(0.01)
    gone = await office.ask("DELETE", f"/dry-runs/{asked.body['id']}", boss)
    assert gone.status == 204
    async with asyncio.timeout(60):
        await again
    assert processes[0].returncode is not None
    shown = (await office.ask("GET", f"/dry-runs/{asked.body['id']}", boss)).body
    assert (shown["state"], shown["result"]) == ("cancelled", None)
    assert await office.db.fetchval("SELECT state FROM jobs WHERE id = $1", job.id) == "done"
