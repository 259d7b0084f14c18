"""`make bench ONLY=…` finds a benchmark by whatever name it reports under."""

import re
from pathlib import Path

import pytest

from contact_center import webbuild
from tests.bench import __main__ as bench
from tests.bench import sizes

ROOT = Path(__file__).parents[1]
DOCUMENTED = [
    "cold_start", "idle_memory", "console_size", "widget_size", "intake_batch_gain",
    "intake_webhook_floor", "webhook_to_screen", "ws_fanout_1k", "offer_latency",
]  # fmt: skip


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    def run(name: str) -> bool:
        names.append(name)
        return True

    monkeypatch.setattr(bench, "run", run)
    return names


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_name_from_the_documents_selects_one_benchmark(name: str, ran: list[str]) -> None:
    assert bench.main(name) == 0
    assert len(ran) == 1


def test_the_example_of_the_makefile_works(ran: list[str]) -> None:
    (example,) = re.findall(r"\(ONLY=(\S+) for some\)", (ROOT / "Makefile").read_text())
    assert bench.main(example) == 0
    assert ran == ["intake_batch_gain", "start_and_memory"]


def test_every_name_a_benchmark_reports_selects_it() -> None:
    known = bench.modules()
    for module in known:
        source = (ROOT / "tests" / "bench" / f"{module}.py").read_text()
        for name in re.findall(r'report\(\s*"(\w+)"', source):
            begins = tuple(f"{one}_" for one in known[module])
            assert name in known[module] or name.startswith(begins), f"{module} reports {name}"


def test_two_names_of_one_benchmark_run_it_once_and_none_runs_all(ran: list[str]) -> None:
    assert bench.main("idle_memory,cold_start") == 0
    assert ran == ["start_and_memory"]
    ran.clear()
    assert bench.main("") == 0
    assert ran == list(bench.modules())


def test_an_unknown_name_runs_nothing_and_tells_those_there_are(
    ran: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main("cold_start,cold") == 0, "the beginning of a name will do"
    ran.clear()
    assert bench.main("cold_start,warm_start") == 2
    assert ran == []
    assert "warm_start; there are:" in capsys.readouterr().out


def test_sizes_are_measured_by_the_node_that_builds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    node = tmp_path / "node"
    node.write_text('#!/bin/sh\necho "first load js: 7"\n')
    node.chmod(0o755)
    monkeypatch.setattr(webbuild, "_npm", lambda: ([str(node), "npm-cli.js"], {}))
    assert sizes.first_load() == {"js": 7}
