"""docs/connect.md shows of every channel how an account of it is connected."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from channels import registry

DOCS = Path(__file__).parents[2] / "docs/connect.md"
EXAMPLES: dict[str, dict[str, Any]] = {
    example["provider"]: example
    for block in re.findall(r"```json\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    if "provider" in (example := json.loads(block))
}


@pytest.mark.parametrize("name", registry.names())
def test_a_channel_has_an_example_of_an_account_that_can_be_made(name: str) -> None:
    example = EXAMPLES[name]
    assert example["title"]
    assert registry.provider(name).Settings.model_validate(example["settings"])


def test_no_example_is_of_a_channel_that_is_gone() -> None:
    assert EXAMPLES.keys() == set(registry.names())
