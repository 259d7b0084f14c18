"""In which calls a message leaves. Pure.

Text has 4096 characters, the words below a file 1024, an album two to ten files of one family:
https://core.telegram.org/bots/api#sendmessage, #sendphoto, #sendmediagroup. How characters are
counted is not said there; we count as its entities do, in UTF-16 units, so it is never too long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from channels.errors import Unsupported
from channels.messages import Outbound, OutboundFile
from channels.telegram.entities import utf16
from channels.toolkit.fitting import split_text

TEXT, CAPTION, ALBUM = 4096, 1024, 10
PHOTO_BYTES, FILE_BYTES = 10_000_000, 50_000_000
PHOTO_SIDE = 5000  # width and height together have at most 10000

# By the kind and type of a file: https://core.telegram.org/bots/api#sendvideo, #sendaudio, …
_WAYS = {
    "photo": frozenset({"image/jpeg", "image/png", "image/webp"}),
    "animation": frozenset({"image/gif"}),
    "video": frozenset({"video/mp4"}),
    "audio": frozenset({"audio/mpeg", "audio/mp3", "audio/mp4", "audio/m4a", "audio/x-m4a"}),
}
_VOICE = frozenset({"audio/ogg", "audio/opus", *_WAYS["audio"]})
_FAMILIES = {"photo": "visual", "video": "visual", "audio": "audio", "document": "document"}


def calls(message: Outbound) -> list[Outbound]:
    """Each a text alone, one file, or an album, in their order; the buttons go with one of them.

    The first points at what is answered. Raises Unsupported.
    """
    groups = list(_groups(message.files))
    wants = bool(message.buttons)
    bears = len(groups) == 1 and len(groups[0]) == 1  # an album bears no buttons
    below = bool(groups) and utf16(message.text) <= CAPTION and (bears or not wants)
    texts = [] if below else _pieces(message.text)
    bare = replace(message, text="", files=(), buttons=(), reply_to=None)
    files = [
        replace(bare, text=message.text if below and at == 0 else "", files=group,
                buttons=message.buttons if below else ())
        for at, group in enumerate(groups)
    ]  # fmt: skip
    said = [replace(bare, text=text) for text in texts]
    if wants and not below:
        if not said:
            raise Unsupported("buttons under an album need a text beside it")
        said[-1] = replace(said[-1], buttons=message.buttons)
        said, files = files, said
    first, *others = [*said, *files]
    return [replace(first, reply_to=message.reply_to), *others]


def way(file: OutboundFile) -> str:
    """How a file is sent; what Telegram has no better way for goes as a document."""
    media = file.type.partition(";")[0].strip().lower()
    if file.kind == "voice" and media in _VOICE:
        return "voice"
    if file.kind == "file":
        return "document"  # chosen by who sent it: as it is
    found = next((name for name, types in _WAYS.items() if media in types), "document")
    return "document" if found == "photo" and file.size > PHOTO_BYTES else found


def _groups(files: Sequence[OutboundFile]) -> Iterator[tuple[OutboundFile, ...]]:
    """Neighbours that can stand in one album: pictures with films, else each with its like."""
    group: list[OutboundFile] = []
    for file in files:
        family = _FAMILIES.get(way(file))
        if group and not (family and family == _FAMILIES.get(way(group[0])) and len(group) < ALBUM):
            yield tuple(group)
            group = []
        group.append(file)
    if group:
        yield tuple(group)


def _pieces(text: str) -> list[str]:
    """The text in pieces that are short enough as Telegram counts."""
    if not text.strip():
        return []
    return split_text(text, TEXT) if utf16(text) <= TEXT else split_text(text, TEXT // 2)
