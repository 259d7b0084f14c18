"""What the terminal says at the start: where it is, and how one gets in."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from contact_center.app import running
from contact_center.settings import Settings
from contact_center.simulator import company
from tests.support.house import free_port


@pytest.mark.parametrize("demo", [True, False])
async def test_only_a_demo_prints_its_sign_ins_after_the_address(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], demo: bool
) -> None:
    port = free_port()
    settings = Settings(
        database_url=SecretStr(database_url), listen_port=port, demo=demo, data_dir=tmp_path
    )
    async with running(settings):
        said = capsys.readouterr().out
    given = company.load()
    address, _, rest = said.partition(f"http://127.0.0.1:{port}\n")
    assert "Contact centre:" in address
    expected = [given.password, *(one.email for one in given.employees)] if demo else ["#token="]
    assert [word for word in expected if word not in rest] == []
    assert (given.password in said) is demo
