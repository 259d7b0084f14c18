"""The libraries beside which the reply stripper is measured; none is a dependency of the project.

They are fetched into `build/bench/` by ordinary pip, without their dependencies, the first time.
What cannot be had is skipped, aloud.
"""

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from channels.mail.text import html_to_text
from tests.channels.mail.replies_corpus import Mail

FOLDER = Path("build/bench/reply_stripping")
SECONDS = 120


class Library(NamedTuple):
    """How one library is asked, and what it says it can read."""

    name: str
    module: str
    languages: frozenset[str]
    html: bool
    ask: Callable[[Any, Mail], list[str]]  # its answers in all its ways: one right is enough


def _as_text(mail: Mail) -> str:
    return html_to_text(mail.body) if mail.form == "html" else mail.body


def _mail_parser_reply(module: Any, mail: Mail) -> list[str]:
    """With the signature and without."""
    own = sorted(MAIL_PARSER_REPLY)
    asked = [mail.language] if mail.language in MAIL_PARSER_REPLY else own
    replies = module.EmailReplyParser(languages=asked).read(text=_as_text(mail)).replies
    return [replies[0].content, replies[0].body, replies[0].full_body] if replies else [""]


def _email_reply_parser(module: Any, mail: Mail) -> list[str]:
    return [module.EmailReplyParser.parse_reply(_as_text(mail))]


def _quotequail(module: Any, mail: Mail) -> list[str]:
    """What it shows at first, and what stands above and below the mail it found in this one."""
    if mail.form == "html":
        shown = "".join(html for open_, html in module.quote_html(mail.body) if open_)
        pages = [shown, _unwrapped(module.unwrap_html(mail.body), "html", mail.body)]
        return [html_to_text(page) for page in pages]
    body = mail.body.replace("\r\n", "\n")
    shown = "".join(text for open_, text in module.quote(body, quote_intro_line=True) if open_)
    return [shown, _unwrapped(module.unwrap(body), "text", body)]


def _unwrapped(found: dict[str, str] | None, part: str, whole: str) -> str:
    """A forward is kept whole, as it should be."""
    if not found or found["type"] == "forward":
        return whole
    keys = (f"{part}_top", f"{part}_bottom")
    return ("<br>" if part == "html" else "\n\n").join(found[key] for key in keys if key in found)


MAIL_PARSER_REPLY = frozenset(("en", "de", "cs", "da", "es", "fr", "it", "nl", "pl", "sv"))
LIBRARIES = (
    Library("mail-parser-reply", "mailparser_reply", MAIL_PARSER_REPLY, False, _mail_parser_reply),
    Library(
        "email-reply-parser", "email_reply_parser", frozenset({"en"}), False, _email_reply_parser
    ),
    Library(
        "quotequail",
        "quotequail",
        frozenset(("en", "de", "fr", "es", "ru", "sv", "pt", "nl")),
        True,
        _quotequail,
    ),
)


def fetched(library: Library) -> Any:
    """The module of a library, fetched where it is not there; None where it cannot be had."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    if not (FOLDER / library.module).is_dir():
        _fetch(library.name)
    try:
        return import_module(library.module)
    except ImportError:
        print(f"SKIPPED {library.name}: it is not installed and could not be fetched", flush=True)
        return None


def _fetch(name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--target", str(FOLDER), name]
    try:
        subprocess.run(command, timeout=SECONDS, check=False, capture_output=True)
    except subprocess.TimeoutExpired:
        print(f"{name}: no answer from the package index in {SECONDS} s", flush=True)
