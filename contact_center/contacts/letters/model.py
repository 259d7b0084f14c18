"""Letters in the API, and the page that shows the HTML of one. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import unquote
from uuid import UUID

import nh3
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MOST_RECIPIENTS = 50
_REMOTE = re.compile(r'(<img\b[^>]*?)\sdata-remote-src="', re.IGNORECASE)
_CID = re.compile(r'(<img\b[^>]*?\ssrc=")cid:([^"]{1,300})"', re.IGNORECASE)
_ADDRESS = r"^([^@\s<>,;\"]{1,64}|\"[^\"<>\x00-\x1f\x7f]{1,62}\")@[^@\s<>,;\"]{1,190}$"
_STYLE = (
    "body{margin:12px;font:14px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;"
    "overflow-wrap:anywhere}img{max-width:100%;height:auto}blockquote{margin:0 0 0 8px;"
    "padding-left:8px;border-left:2px solid #ccc;color:#555}table{max-width:100%}"
)
_TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "hr", "i", "li", "ol",
    "img", "p", "pre", "s", "span", "strong", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "img": {"alt", "src", "width"}}
_SCHEMES = nh3.ALLOWED_URL_SCHEMES | {"cid"}
_OWN = re.compile(r"cid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@letter")
_SHOWN = re.compile(rf'<img\b[^<>]* src="{_OWN.pattern}"')
_NOTHING = re.compile(r'<img(?: (?:alt|width)="[^"<>]*")*>')  # what cleaning leaves of the others
_MARKUP = str.maketrans("", "", '<>"')


class Recipient(BaseModel):
    """An address with the name beside it."""

    model_config = ConfigDict(extra="forbid")

    address: Annotated[str, StringConstraints(pattern=_ADDRESS)]
    name: Annotated[str, StringConstraints(max_length=200)] = ""


Recipients = Annotated[list[Recipient], Field(default_factory=list, max_length=MOST_RECIPIENTS)]


class NewLetter(BaseModel):
    """What the writer of a letter chose.

    Without `to` it goes to the owner of the contact, or where his last letter wants answers;
    without both `to` and `cc` also to those on that letter whom somebody vouches for.
    `html` beside the message's text, which says the same without it; `quote`: what is answered
    stands below; `forwards`: the message that is passed on, so this one answers nothing; with
    `whole` it stands below as it came, in plain text and HTML, with the pictures of that.
    """

    model_config = ConfigDict(extra="forbid")

    to: Recipients
    cc: Recipients
    bcc: Recipients
    subject: Annotated[str, StringConstraints(max_length=500)] = ""
    html: Annotated[str, StringConstraints(max_length=500_000)] = ""
    quote: bool = True
    forwards: UUID | None = None
    whole: bool = True

    def kept(self, files: Collection[UUID]) -> dict[str, object]:
        """As it is stored with the message: harmless, and without what was not chosen.

        Of pictures its HTML shows none but those among the `files` of the message.
        """
        chosen = self.model_dump(mode="json", exclude_defaults=True)
        if self.html:
            chosen["html"] = cleaned(self.html, frozenset(files))
        return chosen


class Quotation(BaseModel):
    """What would stand below an answer; `text` is its beginning."""

    author: str
    at: datetime
    text: str


class ShownRecipient(BaseModel):
    """A recipient as the API tells of one."""

    address: str
    name: str = ""


class LetterStart(BaseModel):
    """What a letter begins with that is written now: `own` are addresses of the mailbox itself.

    `to`: whom it goes to unless others are chosen, the client or where he wants his answers; `cc`:
    those on the letter it answers whom somebody vouches for.
    """

    to: list[ShownRecipient]
    cc: list[ShownRecipient]
    subject: str
    answers: bool
    signature: str
    own: list[str]
    quoted: Quotation | None


class DraftLetter(BaseModel):
    """What was chosen for a letter that is not sent yet."""

    to: list[ShownRecipient] = []
    cc: list[ShownRecipient] = []
    bcc: list[ShownRecipient] = []
    subject: str = ""
    html: str = ""
    quote: bool = True
    forwards: UUID | None = None
    whole: bool = True


class LetterBody(BaseModel):
    """The whole of a letter. `html_url` shows its HTML in a frame and lives for minutes.

    With `&images=true` it fetches pictures from elsewhere, of which there are `remote_images`.
    """

    text: str
    html_url: str | None
    remote_images: int


def cleaned(given: str, files: Collection[UUID]) -> str:
    """What a writer may say in HTML, and of pictures those of his `files`."""

    def keep(tag: str, name: str, value: str) -> str | None:
        if tag != "img":
            return None if value.strip().lower().startswith("cid:") else value
        if name == "alt":
            return value.translate(_MARKUP)
        if name == "width":
            return value if re.fullmatch(r"[1-9][0-9]{0,3}", value) else None
        own = _OWN.fullmatch(value)
        return value if own and UUID(own[1]) in files else None

    made = nh3.clean(
        given, tags=_TAGS, attributes=_ATTRIBUTES, attribute_filter=keep, url_schemes=_SCHEMES
    )
    return _NOTHING.sub("", made)


def cid_of(file_id: UUID) -> str:
    """The name by which the HTML of a letter of ours shows one of its files (RFC 2392)."""
    return f"{file_id}@letter"


def pictures_in(made: str) -> set[UUID]:
    """The files that cleaned HTML shows."""
    return {UUID(found[1]) for found in _SHOWN.finditer(made)}


def page(body: str, files: Mapping[str, str], *, images: bool) -> str:
    """The HTML of a letter as a page: its own pictures by `files` (content id → address)."""
    shown = _CID.sub(
        lambda found: f'{found[1]}{html.escape(files.get(_id_of(found[2]), ""), quote=True)}"', body
    )
    if images:
        shown = with_remote(shown)
    return (
        '<!doctype html><html><head><meta charset="utf-8"><base target="_blank">'
        f'<meta name="color-scheme" content="light"><style>{_STYLE}</style></head>'
        f"<body>{shown}</body></html>"
    )


def _id_of(cid: str) -> str:
    """The content id that an address names: percent signs are the address's own (RFC 2392)."""
    return unquote(html.unescape(cid))


def with_remote(body: str) -> str:
    """The HTML of a letter with the pictures from elsewhere that ours keeps from being fetched."""
    return _REMOTE.sub(r'\1 src="', body)
