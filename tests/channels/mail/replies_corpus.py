"""The corpus of replies (`replies/README.md`) as values."""

import json
from pathlib import Path
from typing import NamedTuple

from channels.mail.replies import strip_reply

FOLDER = Path(__file__).parent / "replies"


class Mail(NamedTuple):
    id: str
    language: str
    client: str
    kind: str
    form: str
    subject: str
    body: str
    reply: str


def read(half: str) -> list[Mail]:
    with (FOLDER / f"{half}.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Mail(*(row[field] for field in Mail._fields)) for row in rows]


def stripped(mail: Mail) -> str:
    """What the stripper makes of it, given the one part it has."""
    text, html = (mail.body, None) if mail.form == "text" else (None, mail.body)
    return strip_reply(text, html, subject=mail.subject)
