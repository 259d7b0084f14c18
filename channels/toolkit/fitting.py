"""Fit a message to what a channel can carry. What does not fit is refused aloud, never dropped."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from channels.contract import Capabilities
from channels.errors import Unsupported
from channels.messages import Button, Outbound, OutboundFile
from channels.toolkit.files import complaint

_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", " ")


Split = Callable[[Outbound], Sequence[Outbound]]


def fit(message: Outbound, can: Capabilities, split: Split | None = None) -> tuple[Outbound, ...]:
    """The message as one or more that the channel can carry, in the order to be sent.

    A long text becomes several; files and the answered message go with the first, buttons with
    the last. `split`: how the channel divides what takes it several calls. A lone one keeps the
    id, of several each is "<id>.2of3": that needs no escape in an address, and says by itself
    whether more is to come. Raises Unsupported.
    """
    passes_on = message.letter is not None and message.letter.forwarded is not None
    if not (message.text.strip() or message.files or passes_on):
        raise Unsupported("an empty message cannot be sent")
    check_buttons(message.buttons, can)
    check_files(message.files, can)
    if message.reply_to and not can.reply_to:
        raise Unsupported("this channel cannot answer one particular message")
    texts = split_text(message.text, can.text_limit) or [""]
    parts = [_part(message, text, at, len(texts)) for at, text in enumerate(texts)]
    if split is not None:
        parts = [call for part in parts for call in split(part)]
    if len(parts) == 1:
        return tuple(parts)
    return tuple(
        replace(part, id=f"{message.id}.{at}of{len(parts)}") for at, part in enumerate(parts, 1)
    )


def _part(message: Outbound, text: str, at: int, count: int) -> Outbound:
    first, last = at == 0, at == count - 1
    return replace(
        message, text=text, files=message.files if first else (),
        buttons=message.buttons if last else (), reply_to=message.reply_to if first else None,
    )  # fmt: skip


def check_buttons(buttons: Sequence[Button], can: Capabilities) -> None:
    """Raise Unsupported where there are more buttons than the channel shows."""
    if len(buttons) > can.buttons:
        raise Unsupported(f"this channel carries {can.buttons} buttons, not {len(buttons)}")


def check_files(files: Sequence[OutboundFile], can: Capabilities) -> None:
    """Raise Unsupported for files the channel does not carry: by kind, type, size or number."""
    if found := complaint(files, can):
        raise Unsupported(found.words)


def split_text(text: str, limit: int) -> list[str]:
    """Cut a text into parts of at most `limit` characters, at the best break near the end.

    No character is lost but the white space at a cut; a text that fits is left as it is.
    """
    if limit < 1:
        raise ValueError("limit must be positive")
    parts = []
    while len(text) > limit:
        cut = _cut(text, limit)
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [part for part in (*parts, text) if part]


def _cut(text: str, limit: int) -> int:
    for mark in _BREAKS:
        at = text.rfind(mark, 0, limit)
        if at > limit // 2:  # an earlier break would leave a stub of a message
            return at + len(mark.rstrip())
    return _whole_character(text, limit)


def _whole_character(text: str, at: int) -> int:
    """Do not tear a joined emoji or an accent off its letter, unless it alone fills the limit."""
    start = at
    while start > 1 and (_joins(text[start]) or text[start - 1] == "\u200d"):
        start -= 1
    return start if start > at // 2 else at


# Joiner and keycap, accents, variation selectors, skin tones: they belong to what stands before.
_JOINING = re.compile("[\u200d\u20e3\u0300-\u036f\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")


def _joins(char: str) -> bool:
    return _JOINING.match(char) is not None
