"""`python -m tests.bench [name,name]`: run all benchmarks of this folder, or those named.

A benchmark is a module with `async def main() -> None`; `REPORTS` lists the names it reports
under, where they are not its own. Any of these names selects it, and so does their beginning:
`widget_size` for `widget_size_panel`. Each runs in a process of its own, so none measures what
another left behind. The exit code says whether all ran, not whether all reached their targets: a
shared machine is no judge of speed.
"""

import ast
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SECONDS = 900


def modules() -> dict[str, tuple[str, ...]]:
    """The benchmarks, each with the names it reports under; none is imported for that."""
    sources = {path.stem: path.read_text() for path in sorted(HERE.glob("*.py"))}
    return {
        name: (name, *_reports(source))
        for name, source in sources.items()
        if not name.startswith("_") and "async def main(" in source
    }


def _reports(source: str) -> tuple[str, ...]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "REPORTS":
            return tuple(ast.literal_eval(node.value))
    return ()


def chosen(name: str, known: dict[str, tuple[str, ...]]) -> list[str]:
    """The benchmarks that a name means."""
    return [
        module
        for module, names in known.items()
        if any(one == name or one.startswith(f"{name}_") for one in names)
    ]


def run(name: str) -> bool:
    code = f"import asyncio; from tests.bench.{name} import main; asyncio.run(main())"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        print(f"BENCH {name} value=none target=none SHORT (no end after {SECONDS} s)", flush=True)
        return False
    return done.returncode == 0


def main(asked: str) -> int:
    known = modules()
    found = {name: chosen(name, known) for name in filter(None, map(str.strip, asked.split(",")))}
    for name in (name for name, wanted in found.items() if not wanted):
        there = sorted({one for names in known.values() for one in names})
        print(f"no benchmark is called {name}; there are: {', '.join(there)}")
        return 2
    wanted = dict.fromkeys(one for names in found.values() for one in names) or known
    failed = [name for name in wanted if not run(name)]
    for name in failed:
        print(f"{name} did not run to its end")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
