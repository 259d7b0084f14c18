"""What mail programs write into their HTML about quotes and signatures. Data, and one reader of it.

A mark is put on every line that stands in the element. Marks only add to what the words say: a
page without any is read like a text, and answers between quoted lines are seen in both.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

INTRO = "intro"  # the line above a quote: «On …, Anna wrote:»
HEADER = "header"  # a header block: it and all below are the mail answered (or handed on)
CITE = "cite"  # a quote made by the program, not by hand
SIGNATURE = "signature"

CLASSES = {
    "gmail_attr": INTRO,
    "moz-cite-prefix": INTRO,
    "moz-email-headers-table": HEADER,
    "OutlookMessageHeader": HEADER,
    "ms-outlook-mobile-reference-message": HEADER,
    "yahoo_quoted": HEADER,
    "zmail_extra": HEADER,
    "gmail_signature": SIGNATURE,
    "gmail_signature_prefix": SIGNATURE,
    "moz-signature": SIGNATURE,
    "protonmail_signature_block": SIGNATURE,
    "AppleMailSignature": SIGNATURE,
}
IDS = {
    "divRplyFwdMsg": HEADER,
    "mail-editor-reference-message-container": HEADER,
    "OLK_SRC_BODY_SECTION": HEADER,
    "Signature": SIGNATURE,
    "AppleMailSignature": SIGNATURE,
    "ms-outlook-mobile-signature": SIGNATURE,
    "composer_signature": SIGNATURE,
}
# A quote of these classes is the program's own; so is any with `type="cite"`.
QUOTES = ("gmail_quote", "protonmail_quote", "mailru-blockquote", "yahoo_quoted", "moz-quote")
_OUTLOOK_LINE = re.compile(r"border-top:\s{0,3}solid", re.IGNORECASE)
_HEADER_ELEMENTS = 60  # how far into an element a header block is looked for
_APPLE_BREAK = "lineBreakAtBeginningOfSignature"


class Marks:
    """The marker for one page (`html_lines`): it remembers what the next element is."""

    def __init__(self) -> None:
        self.next: Any = None

    def __call__(self, element: Any, around: str) -> str:
        """The mark of the text in this element, in a place that has the mark `around`."""
        if element.tag == "blockquote":
            return CITE if around == CITE or _cited(element) else ""
        if around in {CITE, HEADER}:
            return around
        if self.next is not None and element is self.next:
            self.next = None
            return SIGNATURE
        attributes = element.attrib
        return (_named(element, self) or around) if attributes else around


def _named(element: Any, marks: Marks) -> str:
    name, style = element.get("id", ""), element.get("style", "")
    if name == _APPLE_BREAK:
        marks.next = element.getnext()
        return ""
    if element.tag == "hr":
        return HEADER if _stands_below(element, "appendonsend") else ""
    if "data-signature-widget" in element.attrib:
        return SIGNATURE
    if name and (found := IDS.get(name)):
        return found
    for word in element.get("class", "").split()[:20]:
        if word in CLASSES:
            return CLASSES[word]
    return HEADER if style and _outlook_header(element, style) else ""


def _stands_below(element: Any, name: str) -> bool:
    above = element.getprevious()
    return above is not None and above.get("id") == name


def _cited(quote: Any) -> bool:
    return quote.get("type") == "cite" or any(
        word.startswith(QUOTES) for word in quote.get("class", "").split()[:20]
    )


def _outlook_header(element: Any, style: str) -> bool:
    """Outlook's line above «From: Sent: To: Subject:», in whatever language those are."""
    if element.tag != "div" or not _OUTLOOK_LINE.search(style[:500]):
        return False
    first = islice(element.iter(), _HEADER_ELEMENTS)
    labels = [one for one in first if one.tag in {"b", "strong"} and _is_label(one)]
    return len(labels) >= 3  # noqa: PLR2004 - sender, date, recipient


def _is_label(bold: Any) -> bool:
    """«<b>Sent:</b>», also with the colon behind it."""
    text = "".join(islice(bold.itertext(), 5)).strip()
    return len(text) < 30 and (text.endswith(":") or (bold.tail or "").lstrip().startswith(":"))  # noqa: PLR2004
