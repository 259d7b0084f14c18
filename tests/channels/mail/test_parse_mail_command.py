"""`contact-center parse-mail` as its users run it: a real process, bytes in, JSON lines out."""

import base64
import hashlib
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"
COMMAND = [sys.executable, "-m", "contact_center", "parse-mail"]
KEYS = [
    "id", "from", "to", "cc", "reply_to", "subject", "date", "message_id", "in_reply_to",
    "references", "text", "reply", "html", "attachments", "automatic", "bounce", "warnings",
]  # fmt: skip


def run(data: bytes, *options: str) -> list[dict[str, Any]]:
    done = subprocess.run([*COMMAND, *options], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def line(identifier: object, raw: bytes) -> bytes:
    given = {"id": identifier, "raw": base64.b64encode(raw).decode()}
    return json.dumps(given).encode() + b"\n"


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.eml").read_bytes()


def test_a_raw_mail_gives_one_line_with_exactly_these_keys() -> None:
    (result,) = run(fixture("alternative_with_an_inline_picture_and_a_file"))
    assert list(result) == KEYS
    assert result["id"] is None
    assert result["from"] == {"name": "Anna Client", "address": "anna@client.example"}
    assert result["date"] == "2026-11-27T13:05:09Z"
    inline, listed = result["attachments"]
    assert list(inline) == ["name", "type", "size", "md5", "inline"]
    assert (inline["inline"], listed["inline"]) == (True, False)
    assert listed["md5"] == hashlib.md5(b"a,b").hexdigest()


def test_lines_are_answered_one_for_one_and_bad_ones_do_not_end_the_work() -> None:
    bad = [b"{\n", b"[1]\n", b'{"id": 1, "raw": "%"}\n', b'{"id": 2}\n']
    rubbish = line("r", bytes(range(256)) * 8)
    results = run(b"".join([*bad, rubbish, line("x", fixture("a_newsletter"))]), "--lines")
    assert [result["id"] for result in results] == [None, None, 1, 2, "r", "x"]
    kinds = [result["error"]["kind"] for result in results[:-1]]
    assert kinds == ["line", "line", "line", "malformed", "malformed"]
    assert list(results[-1]) == KEYS
    assert results[-1]["automatic"] == "bulk"


def test_nothing_is_an_error_line() -> None:
    (result,) = run(b"")
    assert result == {"id": None, "error": {"kind": "malformed", "text": "the mail is empty"}}


def test_an_own_host_tells_loops() -> None:
    raw = fixture("a_loop_by_our_own_host_in_received")
    (result,) = run(raw)
    assert result["automatic"] is None
    (result,) = run(raw, "--own-host", "other.example", "--own-host", "DESK.shop.example")
    assert result["automatic"] == "loop"


def test_a_mail_without_an_id_gets_the_sum_of_its_bytes() -> None:
    raw = fixture("without_from_date_and_message_id")
    (result,) = run(raw)
    assert result["message_id"] == f"<{hashlib.sha256(raw).hexdigest()}@synthetic>"
    assert (result["from"], result["date"]) == (None, None)
    assert {"from-missing", "date-missing", "message-id-missing"} <= set(result["warnings"])


def test_a_thousand_small_mails_take_ten_seconds_at_most() -> None:
    mails = [path.read_bytes() for path in sorted(FIXTURES.glob("*.eml"))]
    data = b"".join(line(number, mails[number % len(mails)]) for number in range(1_000))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    results = run(data, "--lines")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The processor's time, its start included: others may be busy on the machine.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= 10
    assert [result["id"] for result in results] == list(range(1_000))
