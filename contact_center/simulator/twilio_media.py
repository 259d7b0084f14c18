"""How Twilio fetches the files of a message: HEAD, then GET, as anybody on the internet would.

https://www.twilio.com/docs/messaging/guides/accepted-mime-types (read 2026-11): the type that the
answer names must be one it takes and must be true, 5 MB in all. With which code it says so is from
https://www.twilio.com/docs/api/errors. Written without the channel's help.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from contact_center.simulator.twilio_wire import sid

MOST, BYTES = 10, 5 * 1024 * 1024
IMAGES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}
TYPES = frozenset({
    *IMAGES.values(), "image/jpg", "image/heic", "image/heif", "image/tiff", "image/bmp",
    "audio/basic", "audio/L24", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/vnd.rn-realaudio",
    "audio/vnd.wave", "audio/3gpp", "audio/3gpp2", "audio/ac3", "audio/webm", "audio/amr-nb",
    "audio/amr", "video/mpeg", "video/mp4", "video/quicktime", "video/webm", "video/3gpp",
    "video/3gpp2", "text/vcard", "text/x-vcard", "text/csv", "text/rtf", "text/richtext",
    "text/calendar", "text/directory", "application/pdf", "application/vcard",
})  # fmt: skip

Media = list[tuple[str, str, bytes]]  # sid, type, bytes


def wrong(urls: Sequence[str]) -> int | None:
    """The code of what is wrong with the addresses themselves."""
    if len(urls) > MOST:
        return 21623
    parts = [urlsplit(url) for url in urls]
    good = all(part.scheme in ("http", "https") and part.hostname for part in parts)
    return None if good else 21620


async def fetched(urls: Sequence[str]) -> Media | int:
    """The files, or the code of why there are none."""
    found: Media = []
    try:
        async with ClientSession(timeout=ClientTimeout(total=15)) as session:
            for url in urls:
                taken = await _one(session, url)
                if isinstance(taken, int):
                    return taken
                found.append((sid("ME"), *taken))
    except (ClientError, TimeoutError):
        return 11200
    return found if sum(len(content) for _, _, content in found) <= BYTES else 11751


async def _one(session: ClientSession, url: str) -> tuple[str, bytes] | int:
    async with session.head(url, allow_redirects=True) as head:
        if head.status >= 400:  # noqa: PLR2004
            return 11200
        if head.content_type not in TYPES:
            return 12300
        if (head.content_length or 0) > BYTES:
            return 11751
    async with session.get(url) as answer:
        content = await answer.read()
        if answer.status >= 400:  # noqa: PLR2004
            return 11200
    true = next((kind for magic, kind in IMAGES.items() if content.startswith(magic)), None)
    return 12300 if true not in (None, head.content_type) else (head.content_type, content)
