import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import RFC_4122

import pytest

from contact_center.kernel.ids import IdMaker, new_id


def test_an_id_is_a_uuid_of_version_7_that_knows_its_time() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_ids_of_one_process_strictly_increase() -> None:
    ids = [new_id() for _ in range(50_000)]
    assert all(earlier < later for earlier, later in pairwise(ids))


def test_ids_made_in_threads_are_all_different_and_each_thread_sees_them_grow() -> None:
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda _: [new_id() for _ in range(5_000)], range(4)))
    assert len({made for part in parts for made in part}) == 20_000
    assert all(part == sorted(part) for part in parts)


def test_ids_grow_while_the_clock_stands_still_or_steps_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_770_000_000_000_000_000
    make = IdMaker()
    monkeypatch.setattr(time, "time_ns", lambda: now)
    ids = [make() for _ in range(40_000)]  # more than the counter holds
    now -= 3_600_000_000_000
    ids.append(make())
    assert ids == sorted(set(ids))
