"""SQL of the simulator: the nature of a database, and the way of an event as rows tell it."""

from __future__ import annotations

from typing import Any

from contact_center.simulator.company import Company
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

NATURE = "SELECT demo, NOT EXISTS (SELECT FROM employees) AS empty FROM workspace"
BECOME = """
UPDATE workspace SET demo = true, name = $1, locale = $2, zone = $3,
  settings = settings || jsonb_build_object('demo_accounts', $4::jsonb), version = version + 1
"""


async def nature(database: Database) -> tuple[bool, bool]:
    """(holds a demo, is empty)."""
    row = await database.fetchrow(NATURE)
    return (bool(row["demo"]), bool(row["empty"])) if row else (False, True)


async def become_demo(unit: Unit, given: Company, sign_ins: list[dict[str, Any]]) -> None:
    """Say what the workspace is and how one gets in."""
    await unit.execute(BECOME, given.name, given.locale, given.zone, sign_ins)
    await unit.execute("ANALYZE messages, contacts, work, clients, identities, outbox")
