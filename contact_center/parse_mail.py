"""`contact-center parse-mail`: what does the service see in this mail?

Raw mail on standard input gives one JSON line. With `--lines` every input line is
`{"id", "raw": "<base64>"}` and gives one output line; what cannot be read gives a line with
`error`, and the work goes on. The third of the three places where the house names a provider.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

import orjson

from channels.errors import ChannelError
from channels.mail.automatic import Own
from channels.mail.message import Mailbox, ParsedMail
from channels.mail.parser import parse
from contact_center.kernel.lines import BadLine, bytes_of, object_of


def main(
    *,
    lines: bool = False,
    own_hosts: Sequence[str] = (),
    stdin: BinaryIO | None = None,
    stdout: BinaryIO | None = None,
) -> int:
    """Read the mails of `stdin`, write one line each to `stdout`. Returns 0 whatever they were."""
    source, out = stdin or sys.stdin.buffer, stdout or sys.stdout.buffer
    own = Own.of(own_hosts)
    answers = _each(source, own) if lines else [answer(None, source.read(), own)]
    for result in answers:
        out.write(orjson.dumps(result) + b"\n")
        out.flush()
    return 0


def _each(source: Iterable[bytes], own: Own) -> Iterable[dict[str, Any]]:
    for line in source:
        if line.strip():
            given: Any = None
            try:
                given = object_of(line)
                yield answer(given.get("id"), bytes_of(given, "raw"), own)
            except BadLine as error:
                identifier = given.get("id") if isinstance(given, dict) else None
                yield _refused(identifier, error.kind, str(error))


def answer(identifier: Any, raw: bytes, own: Own) -> dict[str, Any]:
    """The output line of one mail."""
    try:
        return shown(identifier, parse(raw, own=own))
    except ChannelError as error:
        return _refused(identifier, error.kind, str(error))
    except Exception as error:  # noqa: BLE001 - a fault of ours must not end the stream
        return _refused(identifier, "internal", f"{type(error).__name__}: {error}")


def shown(identifier: Any, mail: ParsedMail) -> dict[str, Any]:
    """A mail as JSON."""
    return {
        "id": identifier,
        "from": _mailbox(mail.author) if mail.author else None,
        "to": [_mailbox(box) for box in mail.to],
        "cc": [_mailbox(box) for box in mail.cc],
        "reply_to": [_mailbox(box) for box in mail.reply_to],
        "subject": mail.subject,
        "date": _instant(mail.date),
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references),
        "text": mail.text,
        "reply": mail.reply,
        "html": mail.html,
        "attachments": [
            {"name": f.name, "type": f.type, "size": f.size, "md5": f.md5, "inline": f.inline}
            for f in mail.files
        ],
        "automatic": mail.automatic,
        "bounce": _bounce(mail),
        "warnings": list(mail.warnings),
    }


def _bounce(mail: ParsedMail) -> list[dict[str, Any]] | None:
    found = [
        {"action": each.action, "status": each.status, "recipient": each.recipient}
        for each in mail.bounces
    ]
    return found or None


def _mailbox(box: Mailbox) -> dict[str, str]:
    return {"name": box.name, "address": box.address}


def _instant(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def _refused(identifier: Any, kind: str, text: str) -> dict[str, Any]:
    return {"id": identifier, "error": {"kind": kind, "text": text}}
