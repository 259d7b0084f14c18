"""Recorded requests and what becomes of them: <sentence>.request.json, <sentence>.expected.json."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import orjson

from channels.registry import provider
from contact_center.receive import Reader, dumped


def recorded(folder: Path) -> list[str]:
    """The sentences of a folder."""
    return sorted(path.name.removesuffix(".request.json") for path in folder.glob("*.request.json"))


def compare(folder: Path, channel: str, sentence: str, *, verify: bool = False) -> None:
    """Assert that a recording yields what is expected; CC_TEST_WRITE=1 writes it instead."""
    line: dict[str, Any] = json.loads((folder / f"{sentence}.request.json").read_text("utf-8"))
    if "body_base64" in line:
        line["body"] = line.pop("body_base64")
    else:
        body = line.get("body", "")
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        line["body"] = base64.b64encode(text.encode()).decode()
    reader = Reader(provider(channel), verify=verify)
    got = json.loads(dumped(reader.answer(orjson.dumps(line), 1)))
    path = folder / f"{sentence}.expected.json"
    if os.environ.get("CC_TEST_WRITE"):
        path.write_text(json.dumps(got, ensure_ascii=False, indent=2) + "\n", "utf-8")
    assert got == json.loads(path.read_text("utf-8"))
