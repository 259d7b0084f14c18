"""What the console can say of a policy's faults in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

TABLE = Path(__file__).parents[2] / "contact_center/console/src/admin/routing/policy.ts"


def unworded(reasons: list[str]) -> list[str]:
    """Those an administrator would read in the server's English."""
    rows = re.findall(r'^  \[/(.+)/, "\w+"\],$', TABLE.read_text(), re.MULTILINE)
    ways = [re.compile(row.replace("(?<", "(?P<")) for row in rows]
    assert len(ways) > 40  # else the table is written otherwise
    return [one for one in reasons if not any(way.search(one) for way in ways)]
