import base64
import io
import json
from typing import Any

from contact_center.receive import main
from tests.channels.webchat.samples import ORIGIN, account_settings, token


def run(
    *lines: object, verify: bool = True, channel: str = "webchat"
) -> tuple[int, list[dict[str, Any]]]:
    texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    out = io.BytesIO()
    code = main(channel, verify=verify, stdin=texts, stdout=out, stderr=io.BytesIO())
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def line(**more: object) -> dict[str, object]:
    body = json.dumps({"type": "message", "id": "1", "text": "hi"}).encode()
    headers = {
        "Content-Type": "application/json", "Origin": ORIGIN,
        "Authorization": "Bearer " + token(),
    }  # fmt: skip
    return {
        "id": 7, "now": "2026-01-05T09:00:00Z", "method": "POST", "account": "account-0",
        "url": "https://chat.example/", "headers": headers, "query": {},
        "body": base64.b64encode(body).decode(), "settings": account_settings(), **more,
    }  # fmt: skip


def test_a_line_in_gives_a_line_out() -> None:
    code, (result,) = run(line())
    assert code == 0
    assert list(result) == ["id", "events", "reply", "error"]
    assert (result["id"], result["error"]) == (7, None)
    (event,) = result["events"]
    assert list(event) == [
        "type", "external_id", "at", "conversation_key", "sender", "text", "attachments",
        "buttons", "reply_to", "status",
    ]  # fmt: skip
    assert event["text"] == "hi"
    assert event["at"] == "2026-01-05T09:00:00Z"
    assert result["reply"]["status"] == 200


def test_bad_lines_give_error_lines_and_work_goes_on() -> None:
    bad = [b"{", [1], line(body="%"), line(headers=3), line(settings={"x": 1}), line(now="soon")]
    code, results = run(*bad, line())
    assert code == 0
    assert [result["error"]["kind"] for result in results[:-1]] == ["line"] * len(bad)
    assert results[-1]["error"] is None


def test_a_wrong_signature_is_refused_unless_told_not_to_look() -> None:
    forged = line(settings={"allowed_origins": [ORIGIN]})
    _, (refused,) = run(forged)
    assert refused["error"]["kind"] == "refused"
    assert refused["reply"]["status"] == 401
    _, (read,) = run(forged, verify=False)
    assert read["events"][0]["text"] == "hi"


def test_an_unknown_channel_ends_with_2() -> None:
    assert run(line(), channel="fax")[0] == 2
