"""A planted bug, put into the service from outside: the answer before the commit.

Python imports this by itself where the folder stands in PYTHONPATH; product code knows nothing of
it. With CC_TEST_PLANT=ack_before_commit the writer says yes at once and stores afterwards, as a
hasty programmer might have it.
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


if os.environ.get("CC_TEST_PLANT") == "ack_before_commit" and "serve" in sys.argv:
    plant()
