"""Looks for bytes that the mail parser does not bear: `make fuzz`.

Coverage-guided (atheris), seeded with the mails of the tests. A crash, a raised error other than
Malformed, a mail that takes longer than five seconds or eats the memory ends it, and the bytes
are left in var/fuzz; a fixture made of them keeps it from coming back.
"""

import sys
import tempfile
from pathlib import Path

import atheris

MAILS = Path(__file__).parents[1] / "channels" / "mail" / "fixtures"
FOUND = Path("var/fuzz")
LIMITS = [f"-artifact_prefix={FOUND}/", "-timeout=5", "-rss_limit_mb=2048", "-max_len=65536"]

with atheris.instrument_imports(include=["channels.mail", "channels.errors"]):
    from channels.errors import Malformed
    from channels.mail.automatic import Own
    from channels.mail.parser import file_bytes, parse

OWN = Own.of(["desk.shop.example"], ["support@shop.example"])


def one_mail(data: bytes) -> None:
    try:
        mail = parse(data, own=OWN, servers=["mx.shop.example"])
    except Malformed:
        return
    for file in mail.files[:5]:
        found = file_bytes(data, file.ref)
        if found is None or len(found) != file.size:
            raise AssertionError(file)
    if "<script" in (mail.html or "").lower():
        raise AssertionError(mail.html)


def main() -> None:
    """Work on a copy of the seeds: what is found on the way is no part of the sources."""
    FOUND.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for path in MAILS.glob("*.eml"):
            (Path(folder) / path.stem).write_bytes(path.read_bytes())
        atheris.Setup([sys.argv[0], *LIMITS, *sys.argv[1:], folder], one_mail)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
