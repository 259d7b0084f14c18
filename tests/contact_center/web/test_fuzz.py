"""S22 at small scale: whatever is sent, no answer is a fault of ours (`make soak` asks longer)."""

import asyncio
import os
import sys
from uuid import uuid4

import pytest

from contact_center.access.tokens import digest, new_api_token
from tests.contact_center.web.teams import Teams
from tests.support.office import Office, Person

SOAK = os.environ.get("CC_SOAK") == "1"
EXAMPLES = "200" if SOAK else "2"
PHASES = "examples,coverage,fuzzing" if SOAK else "fuzzing"
ROLES = ["light", "operator", "supervisor", "administrator"] if SOAK else ["administrator"]
SECONDS = 3600 if SOAK else 200


async def token_of(office: Office, who: Person) -> str:
    token = new_api_token()
    await office.db.execute(
        "INSERT INTO api_tokens (id, hash, employee_id, title, scopes) VALUES ($1, $2, $3, $4, $5)",
        uuid4(), digest(token), who.id, "fuzz",
        ["read", "note", "work", "clients", "supervise", "administer", "trace"],
    )  # fmt: skip
    return token


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 20)
@pytest.mark.parametrize("role", ROLES)
async def test_nothing_that_fits_the_document_or_misses_it_makes_a_fault(office: Office, role):
    teams = await Teams.of(office)
    who = await teams.staff(role)
    await office.hire("second", "administrator")
    await teams.talk("sales", who.id)
    token = await token_of(office, who)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run",
        str(office.client.make_url("/api/v1/openapi.json")),
        "--header", f"Authorization: Bearer {token}",
        "--checks", "not_a_server_error", "--max-examples", EXAMPLES, "--seed", "1",
        "--phases", PHASES, "--exclude-path-regex", "/live/|/auth/",
        "--suppress-health-check", "all", "--no-color", "--request-timeout", "30",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0, output.decode()[-6000:]
