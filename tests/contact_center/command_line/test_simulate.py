"""`contact-center simulate`: a recorded day under two policies, the same clients under both."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from contact_center.route import compare
from contact_center.route.compare import Wanted, main, recorded
from contact_center.route.drive import load
from contact_center.work.planning.traffic import BadTraffic, Days, Patience, Seen, Traffic
from routing.checks import read
from routing.rulebook import Rulebook

ROOT = Path(__file__).parents[3]
POLICY = ROOT / "config" / "routing.toml"
START = 1_772_431_200  # 2026-03-02 06:00 UTC, a Monday


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load(POLICY)


def lines(hours: float = 2, every: float = 40) -> list[dict[str, Any]]:
    """Five operators who take calls and chats; calls wait and are given up."""
    chance, at, told = random.Random(3), float(START), []
    for number in range(4):
        skills = {"billing": 3 if number == 0 else 1, "ru": 4}
        told.append({"at": START, "event": "operator", "operator": f"o{number}", "skills": skills,
                     "presence": "ready"})  # fmt: skip
    while (at := at + chance.expovariate(1 / every)) < START + 3600 * hours:
        wait, patience = chance.expovariate(1 / 30), chance.expovariate(1 / 200)
        told.append(
            {
                "at": round(at, 3), "event": "arrival", "work": f"w{len(told)}", "answer": 2,
                "queue": chance.choice(["orders", "billing"]), "medium": "voice",
                "waited": round(min(wait, patience), 3), "abandoned": patience < wait,
            } | ({} if patience < wait else {"talk": round(chance.expovariate(1 / 150), 3)})
        )  # fmt: skip
    return told


def written(path: Path, told: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in told))
    return path


def simulated(books: Sequence[Rulebook], floors: Sequence[Traffic], **more: Any) -> dict[str, Any]:
    out = io.BytesIO()
    wanted = Wanted(["a", "b"][: len(books)], books, floors, **{
        "replications": 3, "seed": 1, "within": 20, **more,
    })  # fmt: skip
    assert main(wanted, as_json=True, out=out) == 0
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_two_policies_meet_the_same_clients_and_are_told_apart(
    tmp_path: Path, book: Rulebook
) -> None:
    strict = book.model_copy(update={"queues": tuple(
        one.model_copy(update={"ladder": ()}) if one.code == "billing" else one
        for one in book.queues
    )})  # fmt: skip
    floors = recorded(written(tmp_path / "day.jsonl", lines()), [book, strict])
    assert floors is not None
    found = simulated([book, strict], floors, seed=4)
    came = found["all"]["came"]
    assert came["policy"] == came["against"]
    assert came["difference"] == {"mean": 0, "half": 0}
    assert came["policy"]["mean"] == pytest.approx(found["arrivals_seen"], rel=0.25)
    (billing,) = [one for one in found["queues"] if one["queue"] == "billing"]
    assert billing["relaxed"]["policy"]["mean"] > 50
    assert billing["relaxed"]["against"]["mean"] == 0
    better = billing["abandoned"]["difference"]  # one operator alone cannot take all of them
    assert better["mean"] + better["half"] < 0
    assert set(found["occupancy"]) == {"o0", "o1", "o2", "o3"}
    assert found == simulated([book, strict], floors, seed=4)
    assert found != simulated([book, strict], floors, seed=5)


def sized(capacity: int, ceiling: int | None) -> Rulebook:
    chat = {"points": 20} | ({} if ceiling is None else {"ceiling": ceiling})
    return read(
        {"house": {"capacity": capacity}, "media": {"chat": chat}, "queues": [{"code": "orders"}]}
    )


@pytest.mark.parametrize(
    ("one", "other"), [((100, None), (20, None)), ((100, 5), (100, 1)), ((100, None), (100, 1))]
)
def test_how_much_an_operator_takes_is_as_each_of_the_policies_says(
    tmp_path: Path, one: tuple[int, int | None], other: tuple[int, int | None]
) -> None:
    anna = {"at": 0, "event": "operator", "operator": "anna", "presence": "ready"}
    boris = {**anna, "operator": "boris", "capacity": 100, "ceilings": {"chat": 5}}
    chats = [{"at": n, "event": "arrival", "work": f"w{n}", "queue": "orders", "medium": "chat",
              "talk": 300, "patience": 3000} for n in range(1, 4)]  # fmt: skip
    books = [sized(*one), sized(*other)]
    floors = recorded(written(tmp_path / "day.jsonl", [anna, *chats]), books)
    assert floors is not None
    wait = simulated(books, floors, how="same", replications=1)["all"]["mean_wait"]
    assert wait["policy"]["mean"] < 10
    assert wait["against"]["mean"] > 200
    # The same day where what is usual now is the other's, and where the line says it itself.
    again = compare.resized(floors[1], books[1], books)
    assert simulated(books, again, how="same", replications=1)["all"]["mean_wait"] == wait
    told = recorded(written(tmp_path / "day.jsonl", [boris, *chats]), books)
    assert told is not None
    own = simulated(books, told, how="same", replications=1)["all"]["mean_wait"]
    assert own["against"]["mean"] == own["policy"]["mean"] < 10


def test_the_table_names_every_figure_and_the_same_policy_twice_differs_in_nothing(
    tmp_path: Path, book: Rulebook, capsys: pytest.CaptureFixture[str]
) -> None:
    floors = recorded(written(tmp_path / "day.jsonl", lines(0.5)), [book, book])
    assert floors is not None
    wanted = Wanted(["a.toml", "b.toml"], [book, book], floors, 2, 1, 20)
    assert main(wanted, as_json=False) == 0
    shown = capsys.readouterr()
    for words in (
        "service level (≤ 20 s)",
        "p95 wait",
        "orders · voice",
        "occupancy",
        "difference",
    ):
        assert words in shown.out
    assert " *" not in shown.out.replace("* more than chance", "")
    assert shown.err == ""  # no bar where nobody looks


def test_bad_lines_are_told_with_their_numbers(
    tmp_path: Path, book: Rulebook, capsys: pytest.CaptureFixture[str]
) -> None:
    arrival = {"at": 5, "event": "arrival", "queue": "orders", "medium": "chat"}
    bad = [
        {**arrival, "work": "a", "talk": 3}, {**arrival, "work": "a"},
        {**arrival, "work": "b", "at": 4}, {"at": 6, "event": "accept", "work": "a"},
        {**arrival, "work": "c", "queue": "gone"}, {**arrival, "work": "d", "talk": -1},
        {**arrival, "work": "e", "abandoned": True},
        {**arrival, "work": "f", "patience": 3, "waited": 2}, {**arrival, "work": "g", "strict": 1},
        {"at": 9, "event": "dance"}, [], {**arrival, "at": 5e6, "work": "h"},
    ]  # fmt: skip
    assert recorded(written(tmp_path / "day.jsonl", bad), [book]) is None
    told = capsys.readouterr().err.splitlines()
    assert [int(line.split(":")[1]) for line in told] == list(range(2, len(bad) + 1))
    assert recorded(written(tmp_path / "day.jsonl", []), [book]) is None
    assert "no arrival" in capsys.readouterr().err


def test_the_example_of_the_manual_can_be_simulated(tmp_path: Path, book: Rulebook) -> None:
    (block,) = re.findall(
        r"```json\n(.*?)```", (ROOT / "docs" / "routing.md").read_text(), re.DOTALL
    )
    file = tmp_path / "day.jsonl"
    file.write_text(block)
    floors = recorded(file, [book])
    assert floors is not None
    assert [(one.waited_ms, one.gave_up) for one in floors[0].seen] == [
        (12_000, False),
        (40_000, True),
    ]


def test_traffic_that_a_policy_does_not_know_ends_the_command(
    tmp_path: Path, book: Rulebook, capsys: pytest.CaptureFixture[str]
) -> None:
    other = book.model_copy(update={"queues": book.queues[:1]})
    floors = recorded(written(tmp_path / "day.jsonl", lines(0.5)), [book, other])
    assert floors is not None
    assert main(Wanted(["a", "b"], [book, other], floors, 1, 1, 20), as_json=True) == compare.BAD
    assert "queue 'billing', which the policy does not know" in capsys.readouterr().err
    unserved = Seen(0, "orders", "chat")
    with pytest.raises(BadTraffic, match="nobody was served"):
        Days(Traffic(0, 1, [unserved]))
    days = Days(Traffic(0, 1_800_000, [unserved, Seen(5, "orders", "voice", talk_ms=5)]))
    assert days.left_out() == {"chat": 1}
    assert {one.medium for n in range(9) for one in days.day(1, n)} == {"voice"}
    file = tmp_path / "bad.toml"
    file.write_text(POLICY.read_text().replace("points = 20", "points = 0", 1))
    assert compare.policies([POLICY, file]) is None
    assert "media.chat.points" in capsys.readouterr().err


def test_patience_is_estimated_from_those_who_were_taken_too() -> None:
    # Kaplan and Meier's own way: 6, 6, 6, 7, 10, 13, 16, 22, 23 gave up, the rest were taken; the
    # remission times of Freireich et al. (1963), whose estimate every textbook prints.
    gone = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    taken = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    found = Patience.of([(one, True) for one in gone] + [(one, False) for one in taken])
    assert found is not None
    shares = dict(found.steps)
    assert [round(shares[at], 4) for at in (6, 7, 10, 13, 16, 22, 23)] == [
        0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482,
    ]  # fmt: skip
    assert found.rate == pytest.approx(9 / 359)
    assert Patience.of([(5, False)]) is None


def test_drawn_clients_are_as_patient_as_those_who_were_censored_really_were() -> None:
    chance = random.Random(8)
    waits = [(chance.expovariate(1 / 60_000), chance.expovariate(1 / 90_000)) for _ in range(8000)]
    seen = [(round(min(wait, patience)), patience < wait) for wait, patience in waits]
    found = Patience.of(seen)
    assert found is not None
    drawn = [found.draw(chance) for _ in range(8000)]
    assert sum(drawn) / len(drawn) == pytest.approx(90_000, rel=0.08)


def test_days_are_drawn_by_half_hours_and_every_contact_has_its_own_chance() -> None:
    seen = [Seen(n * 1000, "q", "chat", talk_ms=5000) for n in range(300)]
    seen += [Seen(1_800_000 + n, "q", "voice", talk_ms=9000) for n in range(20)]
    days = Days(Traffic(0, 3_600_000, seen))
    first, again, other = days.day(1, 0), days.day(1, 0), days.day(1, 1)
    assert first == again != other
    assert [one.at_ms for one in first] == sorted(one.at_ms for one in first)
    chats = [one for one in first if one.medium == "chat"]
    assert len(chats) == pytest.approx(300, rel=0.25)
    assert max(one.at_ms for one in chats) < 1_800_000
    voices = Days(Traffic(0, 3_600_000, seen[300:])).day(1, 0)
    assert voices == [one for one in first if one.medium == "voice"]


def test_a_replay_has_the_same_contacts_and_draws_only_what_nobody_saw(
    tmp_path: Path, book: Rulebook
) -> None:
    floors = recorded(written(tmp_path / "day.jsonl", lines()), [book])
    assert floors is not None
    days = Days(floors[0])
    seen = sorted((one.at_ms, one.queue, one) for one in floors[0].seen)
    drawn = [sorted((one.at_ms, one.queue_id, one) for one in days.same(1, n)) for n in (0, 1)]
    for was, first, second in zip(seen, *drawn, strict=True):
        assert was[:2] == first[:2] == second[:2]
        one, visit = was[2], first[2]
        assert visit.patience_ms is not None
        assert one.waited_ms is not None
        if one.gave_up:
            assert visit.patience_ms == one.waited_ms == second[2].patience_ms
        else:
            assert visit.patience_ms > one.waited_ms
            assert visit.talk_ms == one.talk_ms == second[2].talk_ms
    patience = [[one[2].patience_ms for one in day] for day in drawn]
    assert patience[0] != patience[1]
    assert days.same(1, 0) == days.same(1, 0)
