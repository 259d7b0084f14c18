"""A process that makes one picture smaller, limited in memory and time; it knows nothing else.

``python -m contact_center.contacts.files.shrink IN OUT BYTES SIDE PIXELS``. The kind of picture
stays, it is turned as its camera meant it, its colours keep their profile; where and with what it
was taken is left out. Says on its output why it could not; ends with 0 where it could.
"""

from __future__ import annotations

import math
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image as Images

MEMORY_BYTES = 1536 * 1024 * 1024  # address space, libraries included
CPU_SECONDS = 45
FORMATS = ("JPEG", "PNG", "WEBP")
TRIES = 8
QUALITY = 85
FEWER = 2  # how many times fewer bytes a photo of a camera has at our quality, at least
FAIR = 0.95  # a guess that is a little too small ends sooner than one a little too large


class CannotShrink(Exception):
    """Why, for the person who sends it."""


def shrink(source: Path, to: Path, most: int, side: int, pixels: int) -> None:
    """Write a picture of at most `most` bytes whose longer side has at most `side` pixels."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - only here, in a process of its own

    with Image.open(source, formats=FORMATS) as picture:  # reads the head alone
        if picture.width * picture.height > pixels:
            raise CannotShrink("it has too many pixels")
        if getattr(picture, "is_animated", False):
            raise CannotShrink("it moves")
        kind, profile = picture.format or "PNG", picture.info.get("icc_profile")
        longer = _guess(source.stat().st_size, most, kind, min(side, max(picture.size)))
        picture.draft(None, (longer, longer))  # a JPEG is read smaller where it is much too large
        ImageOps.exif_transpose(picture, in_place=True)
        picture.info.clear()  # what a camera notes beside the picture stays here
        for _ in range(TRIES):
            size = _written(picture, to, kind, longer, profile)
            if size <= most:
                return
            longer = max(1, int(longer * max(0.25, FAIR * math.sqrt(most / size))))
    raise CannotShrink("however small it is made, it has too many bytes")


def _guess(size: int, most: int, kind: str, longer: int) -> int:
    """Where to begin: what is written anew has about as many bytes per pixel, a JPEG fewer."""
    expected = size / FEWER if kind == "JPEG" else size
    return max(1, int(longer * min(1.0, FAIR * math.sqrt(most / expected))))


def _written(picture: Images.Image, to: Path, kind: str, longer: int, profile: bytes | None) -> int:
    from PIL import Image  # noqa: PLC0415

    share = longer / max(picture.size)
    smaller = picture
    if share < 1:
        size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
        smaller = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    how = {} if kind == "PNG" else {"quality": QUALITY}
    smaller.save(to, kind, icc_profile=profile, **how)
    return to.stat().st_size


def main(source: str, to: str, most: str, side: str, pixels: str) -> int:
    """Do it within the limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        shrink(Path(source), Path(to), int(most), int(side), int(pixels))
    except CannotShrink as error:
        sys.stdout.write(str(error))
        return 1
    except MemoryError:
        sys.stdout.write("it takes too much memory")
        return 1
    except Exception as error:  # noqa: BLE001 - whatever a broken picture makes of the library
        sys.stdout.write(f"it cannot be read ({type(error).__name__})")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
