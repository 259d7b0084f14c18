"""What has to become of files before a channel takes them, and whether it takes them then. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from channels.contract import Capabilities, Pictures
from channels.toolkit.files import Complaint, Picture, complaint, made, targets

Row = Mapping[str, Any]


def refusal(rows: Sequence[Row], can: Capabilities) -> Complaint | None:
    """Why a channel cannot carry these files, even once pictures were made smaller."""
    return complaint(made([_picture(row) for row in rows], can), can)


def goals(rows: Sequence[Row], can: Capabilities) -> list[Pictures | None]:
    """What each file has to become; None for what goes as it is."""
    return targets([_picture(row) for row in rows], can)


def _picture(row: Row) -> Picture:
    told = row["data"]
    width, height = int(told.get("width") or 0), int(told.get("height") or 0)
    return Picture(row["kind"], row["name"], row["type"], row["size"], width, height)
