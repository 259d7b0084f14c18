"""What tests of policies do over and over: a boss, drafts of one queue, and what became of it."""

from __future__ import annotations

from typing import Any

from tests.support.office import Office, Person

HOURS = {"mon": [["09:00", "18:00"]]}


async def boss_of(office: Office) -> Person:
    await office.db.execute("UPDATE queues SET code = name")
    await office.db.execute(
        "INSERT INTO skills (id, code, title) SELECT gen_random_uuid(), c,"
        " jsonb_build_object('ru', c, 'en', c) FROM unnest('{fr,tax}'::text[]) AS c"
    )
    return await office.hire("boss", "administrator")


def sales(**rules: Any) -> dict[str, Any]:
    return {"queues": [{"code": "sales", "members_only": True, **rules}]}


async def draft(office: Office, boss: Person, body: dict[str, Any]) -> Any:
    made = await office.ask("POST", "/policies", boss, json={"body": body, "note": "try"})
    assert made.status == 201, made.body
    return made.body


async def activate(office: Office, boss: Person, policy_id: str, edition: int = 1) -> Any:
    return await office.ask(
        "POST", f"/policies/{policy_id}/activate", boss, json={"edition": edition}
    )


async def row(office: Office, name: str) -> Any:
    return await office.db.fetchrow("SELECT * FROM queues WHERE name = $1", name)
