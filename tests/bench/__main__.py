"""`python -m tests.bench [name,name]`: run all benchmarks of this folder, or those named.

A benchmark is a module with `async def main() -> None`. Each runs in a process of its own, so
none measures what another left behind. The exit code says whether all ran, not whether all
reached their targets: a shared machine is no judge of speed.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SECONDS = 900


def names() -> list[str]:
    return sorted(
        path.stem
        for path in HERE.glob("*.py")
        if not path.stem.startswith("_") and "async def main(" in path.read_text()
    )


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
    known = names()
    wanted = [name for name in asked.split(",") if name] or known
    for name in set(wanted) - set(known):
        print(f"no benchmark is called {name}; there are: {', '.join(known)}")
        return 2
    failed = [name for name in wanted if not run(name)]
    for name in failed:
        print(f"{name} did not run to its end")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
