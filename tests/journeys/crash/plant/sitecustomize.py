"""Planted bugs, put into the service from outside.

Python imports this by itself where the folder stands in PYTHONPATH; product code knows nothing of
it. With CC_TEST_PLANT=ack_before_commit the writer says yes at once and stores afterwards, with
resend_orphans what a killed process was sending is sent again, as hasty programmers might have it.
"""

import asyncio
import os
import sys
from typing import Any


def plant() -> None:
    from contact_center.intake.model import SubmitResult
    from contact_center.intake.writer import Intake

    honest = Intake.submit
    later: set[asyncio.Future[Any]] = set()

    async def submit(self: Intake, *args: Any, **options: Any) -> SubmitResult:
        task = asyncio.ensure_future(honest(self, *args, **options))
        later.add(task)
        task.add_done_callback(_forget)
        return SubmitResult(stored=1)

    def _forget(task: asyncio.Future[Any]) -> None:
        later.discard(task)
        if not task.cancelled():
            task.exception()

    Intake.submit = submit  # type: ignore[assignment,method-assign]


def plant_resending() -> None:
    from contact_center.outbox import worker
    from contact_center.outbox.model import Claim, Mark, Policy

    def orphaned(claim: Claim, policy: Policy) -> Mark:
        return Mark(claim, "pending")

    worker.orphaned = orphaned  # type: ignore[attr-defined]


PLANTS = {"ack_before_commit": plant, "resend_orphans": plant_resending}

if "serve" in sys.argv and (planted := PLANTS.get(os.environ.get("CC_TEST_PLANT", ""))):
    planted()
