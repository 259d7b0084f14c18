"""Adding a channel as channels/README.md says: in a copy, by nothing but what it names.

The copy gets a messenger of its own (`tree`): its module, one line of the registry, one line of the
import contract, recordings and tests, and an example of an account. Then all that a new channel has
to stand is asked of it there, the public way through the house included.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.postgres import Server

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENVIRONMENT = Path(sys.executable).parent
TESTS = ("support", "channels/conftest.py", "channels/contract.py", "channels/house.py",
         "channels/recordings.py", "channels/__init__.py", "channels/test_accounts.py",
         "channels/toolkit/test_small_tools.py", "__init__.py")  # fmt: skip
HEAVY = shutil.ignore_patterns("__pycache__")

# The lines of the project that a new channel changes: what stood there, what stands there now.
EDITS = {
    "channels/registry.py": (
        '    "mail": "channels.mail.provider",\n',
        '    "example": "channels.example",\n    "mail": "channels.mail.provider",\n',
    ),
    "pyproject.toml": ('    "mail | sms | ', '    "example | mail | sms | '),
}
QUICKLY = (
    "-q", "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-p", "pytest_timeout",
    "--assert=plain",
)  # fmt: skip
ASKED = (
    "tests/channels/example", "tests/channels/test_accounts.py",
    "tests/channels/toolkit/test_small_tools.py::test_the_capability_table_is_fresh",
)  # fmt: skip
ADDED = ("channels/example.py", "tests/channels/example")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("walk") / "project"
    shutil.copytree(ROOT / "channels", place / "channels", ignore=HEAVY)
    for name in TESTS:
        bring(ROOT / "tests" / name, place / "tests" / name)
    for name in ("pyproject.toml", "docs/connect.md"):
        bring(ROOT / name, place / name)
    bring(HERE / "ground" / "conftest.py", place / "tests" / "conftest.py")
    for name in ADDED:
        bring(HERE / "tree" / name, place / name)
    for name, (before, after) in EDITS.items():
        text = (place / name).read_text("utf-8")
        assert text.count(before) == 1, name
        (place / name).write_text(text.replace(before, after), "utf-8")
    with (place / "docs/connect.md").open("a", encoding="utf-8") as docs:
        docs.write((HERE / "tree/account.md").read_text("utf-8"))
    yield place
    shutil.rmtree(place, ignore_errors=True)


def bring(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=HEAVY)
    else:
        shutil.copy(source, target)


def run(place: Path, *command: str, given: bytes = b"", **more: str) -> str:
    """What a program says in the copy; it must end well. The rest of the house stays as it is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        command, cwd=place, input=given, capture_output=True, timeout=110, check=False,
        env={**kept, "PYTHONPATH": f"{place}{os.pathsep}{ROOT}", **more},
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr).decode()[-6000:]
    return done.stdout.decode()


def test_a_channel_is_added_by_what_the_readme_names(
    copy: Path, postgres: Server, template: str
) -> None:
    python = sys.executable
    run(copy, python, "-m", "channels.table")
    assert "| `example` | messenger | signed body and time | 1000 |" in (
        copy / "channels/README.md"
    ).read_text("utf-8")
    with ThreadPoolExecutor(2) as hands:
        contract = hands.submit(
            run, copy, python, "-m", "pytest", *QUICKLY, *ASKED, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
            TEST_DATABASE_URL=postgres.url, WALKTHROUGH_TEMPLATE=template,
            HYPOTHESIS_STORAGE_DIRECTORY=str(ROOT / ".hypothesis"),  # its tables take seconds
        )  # fmt: skip
        imports = hands.submit(run, copy, str(ENVIRONMENT / "lint-imports"), "--no-cache")
        told = hands.submit(received, copy)
    if os.environ.get("CC_TEST_WRITE"):
        for path in (copy / "tests/channels/example").glob("*.expected.json"):
            shutil.copy(path, HERE / "tree/tests/channels/example")
    assert "0 broken" in imports.result()
    assert [event["unsupported"] for event in told.result()] == ["hologram", None]
    assert " passed" in contract.result()
    assert " skipped" not in contract.result()


def received(copy: Path) -> list[dict[str, object]]:
    """What `contact-center receive` makes of the recordings."""
    lines = []
    for path in sorted((copy / "tests/channels/example").glob("*.request.json")):
        line = json.loads(path.read_text("utf-8"))
        line["body"] = base64.b64encode(line["body"].encode()).decode()
        lines.append(json.dumps(line))
    given = "\n".join(lines).encode()
    said = run(copy, sys.executable, "-m", "contact_center", "receive", "example", given=given)
    answers = [json.loads(line) for line in said.splitlines()]
    assert [answer["error"] for answer in answers] == [None] * len(lines)
    return [event for answer in answers for event in answer["events"]]


def test_the_readme_names_what_is_edited_and_nothing_else() -> None:
    steps = (ROOT / "channels/README.md").read_text("utf-8").partition("## Add a channel")[2]
    steps = steps.partition("\n## ")[0]
    for name in (*EDITS, "docs/connect.md", "tests/channels/<name>", "channels/<name>.py"):
        assert f"`{name}" in steps, name
