"""`contact-center staffing`: a half-hour or a day, as a table or as JSON, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contact_center.commands.planning import staffing
from contact_center.kernel.errors import SettingsError
from contact_center.route.staffing import day
from contact_center.work.planning.staffing import Asked
from routing.staffing import Target

ASKED = Asked(Target(share=0.8), 180, None, 1800, 0.3)


def test_one_half_hour_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    staffing(arrivals=100, talk=180, occupancy=85, shrinkage=30, json=True)
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["operators"], found["scheduled"]) == (14, 20)
    staffing(arrivals=100, talk=180, wait=10, patience=60, abandoned=3)
    assert "operators" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "at,arrivals,talk\n09:00,100,180\n09:30,0,\n10:00,40,180.5\n",
        "\ufeffat;arrivals;talk\r\n09:00;100;180\r\n\r\n09:30;0;\r\n10:00;40;180,5\r\n",
    ],
    ids=["commas", "as Excel writes it"],
)
def test_a_day_comes_from_a_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "day.csv"
    file.write_text(text)
    answers = day(file, ASKED)
    assert answers is not None
    assert [(one.at, one.found.operators, one.demand.talk) for one in answers] == [
        ("09:00", 14, 180), ("09:30", 0, 180), ("10:00", 7, 180.5),
    ]  # fmt: skip


def test_bad_lines_are_told_with_their_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "day.csv"
    file.write_text("at,arrivals,talk\n9,abc,1\n10,5,180\n11,,5\n12,-4,5\n13,nan,5\n14,3,inf\n")
    assert day(file, ASKED) is None
    told = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1] for line in told] == ["2", "4", "5", "6", "7"]
    file.write_text("at,calls\n9,1\n")
    with pytest.raises(SettingsError, match="must name columns"):
        day(file, ASKED)
    for cell in ("9," + "1" * 140_000, '9,"' + "x" * 140_000):
        file.write_text(f"at,arrivals\n{cell}\n")
        with pytest.raises(SettingsError, match="is not CSV"):
            day(file, ASKED)
    with pytest.raises(SettingsError, match="cannot be read"):
        day(tmp_path / "gone.csv", ASKED)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(SettingsError, match="says what comes"):
        staffing()
    with pytest.raises(SettingsError, match="talk is missing"):
        staffing(arrivals=3)
    with pytest.raises(SettingsError, match="needs --patience"):
        staffing(arrivals=3, talk=100, abandoned=5)
