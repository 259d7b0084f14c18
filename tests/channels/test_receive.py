import base64
import io
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from channels import registry
from channels.contract import Deps
from contact_center.receive import main
from tests.channels.webchat.samples import ORIGIN, account_settings, token

HERE = Path(__file__).parent


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
        "buttons", "reply_to", "status", "subject", "automatic", "outgoing", "unsupported", "group",
        "claims", "data",
    ]  # fmt: skip
    assert event["text"] == "hi"
    assert event["at"] == "2026-01-05T09:00:00Z"
    assert result["reply"]["status"] == 200


def test_bad_lines_give_error_lines_and_work_goes_on() -> None:
    bad = [b"{", [1], line(body="%"), line(headers=3), line(settings={"x": 1}), line(now="soon")]
    code, results = run(*bad, line())
    assert code == 0
    errors = [result["error"] for result in results[:-1]]
    assert [error["kind"] for error in errors] == ["line"] * len(bad)
    assert [error["line"] for error in errors] == list(range(1, len(bad) + 1))
    assert [error["text"].partition(":")[0] for error in errors] == [
        "not JSON", "not a JSON object", "body is not base64", "headers is not an object",
        "settings.x", "now is neither a time in ISO 8601 nor seconds since 1970",
    ]  # fmt: skip
    assert "line 1 column 2" in errors[0]["text"]
    assert results[-1]["error"] is None


def test_an_empty_line_counts_as_a_line_and_gives_none() -> None:
    _, results = run(b"\n", line(), b"  \n", b"{")
    assert [result["error"] and result["error"]["line"] for result in results] == [None, 4]


def test_a_wrong_signature_is_refused_unless_told_not_to_look() -> None:
    forged = line(settings={"allowed_origins": [ORIGIN]})
    _, (refused,) = run(forged)
    assert refused["error"]["kind"] == "refused"
    assert refused["reply"]["status"] == 401
    _, (read,) = run(forged, verify=False)
    assert read["events"][0]["text"] == "hi"


def recorded(channel: str, *names: str) -> list[dict[str, Any]]:
    """Recordings of a channel as lines."""
    found = []
    for path in sorted((HERE / channel).rglob("*.request.json")):
        given = json.loads(path.read_text("utf-8"))
        if given["id"] in names or not names:
            body = given["body"] if isinstance(given["body"], str) else json.dumps(given["body"])
            found.append({**given, "body": base64.b64encode(body.encode()).decode()})
    return found


def test_it_tells_what_an_adapter_knows_beside() -> None:
    _, (stopped, sent) = run(
        *recorded("twilio", "sent_names_our_message", "stop_in_russian_is_an_opt_out")[::-1],
        channel="twilio_sms",
    )
    assert stopped["events"][0]["data"]["consent"] == "stop"
    assert sent["events"][0]["data"] == {"own": "01890000-0000-7000-8000-000000000001"}
    _, (album, topic) = run(
        *recorded(
            "telegram", "a_photo_of_an_album_bears_the_albums_id",
            "a_topic_of_a_group_is_a_conversation_with_participants",
        ), channel="telegram",
    )  # fmt: skip
    assert album["events"][0]["group"]
    assert {"group", "topic"} <= topic["events"][0]["data"].keys()


def test_bytes_that_are_no_text_give_a_line_like_all_others() -> None:
    (given,) = recorded("twilio", "a_text")
    broken = base64.b64decode(given["body"]) + b"&Body=%FF%ED%A0%80"
    strange = {**given, "body": base64.b64encode(broken).decode(), "id": 2**80}
    code, (result, fine) = run(strange, given, channel="twilio_sms", verify=False)
    assert code == 0
    assert result["events"][0]["text"] == "????"
    assert fine["error"] is None


@pytest.mark.parametrize(
    ("folder", "channel"), [("telegram", "telegram"), ("twilio", "twilio_sms")]
)
def test_a_thousand_recordings_take_one_channel_each_account_and_no_process(
    folder: str, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds are allowed; what would cost them is counted, for the clock is the machine's."""
    found = registry.provider(channel)
    built: list[object] = []

    def build(settings: Any, deps: Deps) -> Any:
        built.append(settings)
        return found.build(settings, deps)

    monkeypatch.setattr(registry, "provider", lambda _name: replace(found, build=build))
    monkeypatch.setattr(subprocess, "Popen", None)
    lines = recorded(folder)
    thousand = [lines[number % len(lines)] for number in range(1000)]
    code, results = run(*thousand, channel=channel)
    assert (code, len(results)) == (0, 1000)
    assert len(built) == len({json.dumps(one["settings"]) for one in lines})
    assert sum(result["error"] is None for result in results) > 500


def test_an_adapter_that_breaks_gives_an_error_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def receive(self, _request: Any) -> Any:
            raise KeyError("id")

        send = check = receive

    found = replace(registry.provider("webchat"), build=lambda *_: Broken())  # type: ignore[arg-type, return-value]
    monkeypatch.setattr(registry, "provider", lambda _name: found)
    _, results = run(line(), line())
    assert [result["events"] for result in results] == [[], []]
    assert results[1]["error"] == {"kind": "fault", "text": "KeyError: 'id'", "line": 2}


def test_an_unknown_channel_ends_with_2() -> None:
    assert run(line(), channel="fax")[0] == 2
