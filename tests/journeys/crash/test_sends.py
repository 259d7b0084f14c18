"""Whoever is killed while he sends: nothing twice, nothing in silence, each talk in its order."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.journeys.crash.sends import ENDS, ENVIRON, Sends
from tests.support.house import House
from tests.support.waiting import eventually

SOAK = os.environ.get("CC_SOAK") == "1"
ROUNDS = 40 if SOAK else 4
PLANT_ROUNDS = 4
PLANT = Path(__file__).parent / "plant"
ROOT = Path(__file__).parents[3]

pytestmark = [pytest.mark.processes, pytest.mark.timeout(3600 if SOAK else 400)]


@asynccontextmanager
async def sends(begun: Path, **environ: str) -> AsyncIterator[Sends]:
    """A run under traffic; its seed is printed."""
    seed = int(os.environ.get("TEST_SEED") or random.randrange(2**32))
    print(f"seed {seed}: TEST_SEED={seed} repeats the moments of the kills")
    with House("run", environ={**ENVIRON, **environ}, data=begun) as house:
        run = Sends(house, random.Random(seed))
        try:
            await run.begin()
            yield run
        except BaseException:
            print(house.tail())
            raise
        finally:
            await run.close()


async def test_what_was_on_its_way_when_the_service_was_killed_is_never_sent_twice(
    begun: Path,
) -> None:
    async with sends(begun) as run:
        for _ in range(ROUNDS):
            await run.kill()
        await run.end()
        await compare(run)


async def whoever_sends_again_is_caught(begun: Path) -> None:
    """The harness can fail: with the bug planted it finds messages that arrived twice."""
    environ = {"PYTHONPATH": f"{PLANT}:{ROOT}", "CC_TEST_PLANT": "resend_orphans"}
    async with sends(begun, **environ) as run:
        for _ in range(PLANT_ROUNDS):
            await run.kill()
        await run.end()
        with pytest.raises(AssertionError, match="twice"):
            await compare(run)


if SOAK:  # it proves the harness, not the service
    test_whoever_sends_again_what_may_have_arrived_is_caught = whoever_sends_again_is_caught


async def compare(run: Sends) -> None:
    """The rows with what the clients got."""
    got = run.got()
    for (provider, key), texts in got.items():
        numbers = list(map(int, texts))
        assert len(numbers) == len(set(numbers)), f"{provider} {key}: twice in {numbers}"
        assert numbers == sorted(numbers), f"{provider} {key}: out of order {numbers}"
    rows = await run.rows(ENDS)
    assert len(rows) == sum(talk.written for talk in run.talks), "nothing written is lost"
    states = Counter((row["provider"], row["state"]) for row in rows)
    print(
        f"{len(rows)} written, {run.flying} on their way at a kill, {run.faults} faults: "
        f"{dict(states)}"
    )
    assert not any(state == "failed" for _, state in states)
    doubtful = sum(n for (_, state), n in states.items() if state == "uncertain")
    assert doubtful <= run.flying + run.faults
    for row in rows:
        arrived = row["text"] in got[row["provider"], row["key"]]
        assert arrived or row["state"] == "uncertain", f"not sent, but {row['state']}"

    await run.twilio.retell()

    wrong: list[str] = []

    async def settled() -> bool:
        wrong[:] = [
            f"{row['key']} {row['text']} is {row['state']}" for row in await run.rows(ENDS)
            if row["provider"] == "twilio_sms" and row["state"]
            != ("delivered" if row["text"] in got["twilio_sms", row["key"]] else "uncertain")
        ]  # fmt: skip
        return not wrong

    try:
        await eventually(settled, every=0.2)
    except AssertionError:
        pytest.fail(f"not settled: {wrong}")
