"""Rules of the house that import-linter cannot see."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "contact_center"

# Every provider there is or will be. A new channel means no edit of the house at all.
PROVIDERS = [
    "telegram",
    "whatsapp",
    "instagram",
    "facebook",
    "messenger.com",
    "vkontakte",
    "viber",
    "twilio",
    "asterisk",
    "freeswitch",
    "plivo",
    "vonage",
    "voximplant",
    "webchat",
]
NAMES_PROVIDERS = {
    "app",  # the composition root
    "simulator",  # plays the providers' side
}
READS_MAIL = ("parse_mail.py", "mail")  # the command that shows what is seen in a mail
OUR_OWN = ("web", "webchat")  # the web chat is first-party: its endpoints are in web/

SQL = re.compile(
    r"^\s*(?:--[^\n]*\n\s*)*(?:SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+(?:\w+\s+)?SET\s|DELETE\s+FROM\s"
    r"|WITH\s+(?:RECURSIVE\s+)?\w+\s*(?:\([^)]*\)\s*)?AS\s|CREATE\s+\w+\s|ALTER\s+\w+\s|LOCK\s+TABLE\s)"
)
HOLDS_SQL = {"storage", "jobs", "intake", "dispatch", "outbox", "reports"}

# A vendor's SDK has one door.
DOORS = {
    "telegram": "channels/telegram",
    "twilio": "channels/families/twilio",
    "aioimaplib": "channels/mail",
    "aiosmtplib": "channels/mail",
}

REGISTRIES = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.com|registry\.yarnpkg")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:root|work|home/\w+|Users/\w+)/")


def modules(folder: Path) -> Iterator[tuple[str, ast.Module]]:
    """The Python files of a folder, by their path in it, parsed."""
    for path in sorted(folder.rglob("*.py")):
        if "node_modules" not in path.parts:
            yield path.relative_to(folder).as_posix(), ast.parse(path.read_text())


def texts(module: ast.Module) -> Iterator[ast.Constant]:
    """The string constants of a module that are not docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node


def imports(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def under(path: str, places: set[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def committed() -> list[Path]:
    """The files of the project: what git knows, or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_the_house_names_no_provider() -> None:
    word = re.compile(rf"(?i)\b(?:{'|'.join(map(re.escape, PROVIDERS))})\b")
    found = [
        f"{path}:{text.lineno}: {text.value[:60]!r}"
        for path, module in modules(HOUSE)
        if not under(path, NAMES_PROVIDERS)
        for text in texts(module)
        for name in word.findall(str(text.value))
        if not (under(path, {OUR_OWN[0]}) and name.lower() == OUR_OWN[1])
    ]
    assert found == []


def test_the_house_imports_no_provider() -> None:
    shared = {"registry", "contract", "messages", "calls", "errors", "settings", "toolkit", "table"}
    found = [
        f"{path}: {name}"
        for path, module in modules(HOUSE)
        if not under(path, NAMES_PROVIDERS)
        for name in imports(module)
        if name.startswith("channels.") and name.split(".")[1] not in shared
        if (path, name.split(".")[1]) != READS_MAIL
        if not (under(path, {OUR_OWN[0]}) and name.split(".")[1] == OUR_OWN[1])
    ]
    assert found == []


def test_sql_stands_only_where_rows_are_kept() -> None:
    found = [
        f"{path}:{text.lineno}: {str(text.value).strip()[:60]!r}"
        for path, module in modules(HOUSE)
        if not under(path, HOLDS_SQL) and not path.endswith("store.py")
        for text in texts(module)
        if SQL.match(str(text.value))
    ]
    assert found == []


@pytest.mark.parametrize(
    "statement", ["SELECT 1", "\n  WITH a AS (SELECT 1) SELECT 2", "DELETE FROM x"]
)
def test_sql_is_known_when_seen(statement: str) -> None:
    assert SQL.match(statement)


@pytest.mark.parametrize("words", ["Select a queue", "update the page", "with love", "created"])
def test_plain_words_are_not_taken_for_sql(words: str) -> None:
    assert not SQL.match(words)


@pytest.mark.parametrize("sdk", DOORS)
def test_a_vendor_sdk_is_imported_through_its_one_door(sdk: str) -> None:
    found = [
        f"{package}/{path}"
        for package in ("channels", "routing", "contact_center")
        for path, module in modules(ROOT / package)
        if any(name.split(".")[0] == sdk for name in imports(module))
    ]
    assert [path for path in found if not path.startswith(DOORS[sdk])] == []


def test_nothing_names_a_package_registry_or_a_path_of_a_machine() -> None:
    found = []
    for path in committed():
        if path == Path(__file__) or path.suffix in {".png", ".woff2", ".mp3", ".ico", ".eml"}:
            continue
        text = path.read_text(errors="replace")
        for pattern in (REGISTRIES, MACHINE_PATHS):
            if hit := pattern.search(text):
                line = text.count("\n", 0, hit.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{line}: {hit.group()}")
    assert found == []


def test_the_locks_hold_every_dependency_with_its_hash_and_no_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    runtime = runtime + project["project"]["optional-dependencies"]["embedded"]
    dev = project["dependency-groups"]["dev"]
    for lock, wanted in (("requirements.lock", runtime), ("requirements-dev.lock", runtime + dev)):
        text = (ROOT / lock).read_text()
        pinned = re.findall(r"(?m)^([\w.-]+)==[^\n]*\\\n    --hash=sha256:", text)
        names = {re.split(r"[^\w.-]", name, maxsplit=1)[0].lower() for name in wanted}
        assert names - {name.lower() for name in pinned} == set(), lock
        assert "://" not in text


def test_what_the_house_imports_it_also_declares_and_the_other_way_round() -> None:
    # Tests run with more installed than a user has: a forgotten dependency is seen nowhere else.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {distribution(name) for name in project["dependencies"]}
    known = importlib.metadata.packages_distributions()
    used = {
        distribution(known.get(name, [name])[0])
        for package in ("channels", "routing", "contact_center")
        for path, module in modules(ROOT / package)
        if not f"{package}/{path}".startswith("channels/toolkit/suite/")  # imported by tests alone
        for name in {imported.split(".")[0] for imported in imports(module)}
        if name not in sys.stdlib_module_names | {"channels", "routing", "contact_center"}
    }
    demo = {distribution(name) for name in project["optional-dependencies"]["demo"]}
    # These two are parts of what pydantic and aiohttp show of themselves, and come with them.
    brought = {"pydantic-core", "multidict"}
    assert used - declared - demo == brought, "imported and not declared"
    assert declared - used == {"tzdata"}, "declared and never imported"


def distribution(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_the_locks_agree_with_each_other() -> None:
    def pins(lock: str) -> dict[str, str]:
        return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / lock).read_text()))

    runtime, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: dev.get(name) for name in runtime} == runtime


def test_every_ignored_lint_rule_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    section = text.partition("[tool.ruff.lint]")[2].partition("[tool.ruff.lint.pydocstyle]")[0]
    codes = [line for line in section.splitlines() if re.match(r'\s+"[A-Z]+\d*",', line)]
    assert codes
    assert [line for line in codes if "#" not in line] == []


def test_the_documents_a_newcomer_looks_for_are_there() -> None:
    for name in "README.md CHANGELOG.md DECISIONS.md SECURITY.md LICENSE".split():  # noqa: SIM905
        assert (ROOT / name).stat().st_size > 200, name


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []
