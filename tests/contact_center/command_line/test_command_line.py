import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from contact_center import policies
from contact_center.supervise import EX_CONFIG, EX_TEMPFAIL
from tests.support.postgres import with_database

ROOT = Path(__file__).parents[3]


def contact_center(
    *arguments: str, cwd: Path = ROOT, **environ: str
) -> subprocess.CompletedProcess[str]:
    mine = {key: value for key, value in os.environ.items() if not key.startswith("CC_")}
    return subprocess.run(
        [sys.executable, "-m", "contact_center", *arguments],
        cwd=cwd,
        env={**mine, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_help_comes_at_once_and_names_every_command() -> None:
    began = spent()
    done = contact_center("--help")
    took = spent() - began
    assert done.returncode == 0
    for command in (
        "run", "serve", "migrate", "doctor", "demo", "receive", "parse-mail", "mail-pipe", "bench",
        "build-web", "api", "keys", "policy",
    ):  # fmt: skip
        assert command in done.stdout
    # Promised is a second, which is measured where nothing else runs.
    assert took < 3


def spent() -> float:
    """Seconds of a processor that programs started here have taken: waiting is not counted."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_imports_no_heavy_library() -> None:
    script = (
        "import sys\nsys.argv = ['contact-center', '--help']\n"
        "from contact_center.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([name for name in ('sqlalchemy', 'aiohttp', 'pydantic', 'redis', 'alembic') "
        "if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


def test_a_bad_setting_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    done = contact_center("serve", cwd=tmp_path, CC_LISTEN_PORT="eighty")
    assert done.returncode == EX_CONFIG
    assert "CC_LISTEN_PORT" in done.stderr
    assert "expected a whole number" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_database_that_is_away_is_one_line_and_an_exit_code_worth_trying_again(
    command: str, tmp_path: Path
) -> None:
    nobody = "postgresql://127.0.0.1:1/contact_center"
    done = contact_center(command, cwd=tmp_path, CC_DATABASE_URL=nobody)
    assert done.returncode == EX_TEMPFAIL
    assert "start PostgreSQL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_database_that_does_not_exist_is_not_tried_again(
    command: str, tmp_path: Path, empty_database_url: str
) -> None:
    nowhere = with_database(empty_database_url, "nowhere")
    done = contact_center(command, cwd=tmp_path, CC_DATABASE_URL=nowhere)
    assert done.returncode == EX_CONFIG
    assert "database_url" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_directory_that_is_no_demo_is_not_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    done = contact_center("demo", "--fresh", "--data-dir", "letters", cwd=tmp_path)
    assert done.returncode == EX_CONFIG
    assert "nothing removed" in done.stderr
    assert (tmp_path / "letters" / "dear.txt").exists()


@pytest.mark.processes
def test_migrate_brings_its_own_database_when_none_is_set(short_path: Path) -> None:
    first = contact_center("migrate", cwd=short_path)
    second = contact_center("migrate", cwd=short_path)
    assert (first.stdout, second.stdout) == ("migrated\n", "already up to date\n")


def test_the_key_is_shown_by_its_name_and_not_by_its_content(tmp_path: Path) -> None:
    done = contact_center("keys", "show", cwd=tmp_path)
    key = (tmp_path / "var" / "key").read_text().strip()
    assert len(done.stdout.split()[0]) == 16
    assert key not in done.stdout


def test_what_runs_is_exported_and_a_file_of_it_runs_when_it_has_no_faults(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = policies.export(database_url)
    assert "[media.chat]" in text
    file = tmp_path / "own.toml"
    file.write_text(text)
    for activate in (False, True):
        assert policies.bring(database_url, file, activate=activate) == 0
        assert capsys.readouterr().out == "nothing changes: this runs already\n"
    file.write_text(f"{text}\n[[queues]]\ncode = 'nobody'\n")
    assert policies.bring(database_url, file, activate=False) == 2
    assert (
        "queues.nobody.department: is a new queue: name its department" in capsys.readouterr().err
    )
    file.write_text(text.replace("exclude_seconds = 60", "exclude_seconds = 90"))
    assert policies.bring(database_url, file, activate=False) == 0
    assert policies.bring(database_url, file, activate=True) == 0
    assert capsys.readouterr().out.endswith("edition 1 runs now\n")
    assert "exclude_seconds = 90" in policies.export(database_url)
