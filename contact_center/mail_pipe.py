"""`contact-center mail-pipe`: a mail server's pipe transport hands a mail to an account.

One raw mail on standard input is posted to the account's hook, signed as Standard Webhooks. The
exit code says what the mail server does next, as Postfix (pipe(8)) and Exim read sysexits.h: only
what no waiting can mend goes back to its sender. A fault of ours (a wrong secret, a wrong option,
a defect) makes the mail wait. The line on standard error begins with an enhanced status code
(RFC 3463), which Postfix believes before the exit code.

It runs once for every mail, so it knows nothing but the standard library and no module of the
house. The signature is the one `channels.mail.hooks` verifies.
"""

import argparse
import base64
import binascii
import hashlib
import hmac
import http.client
import os
import signal
import stat
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NoReturn, TextIO
from urllib.parse import urlsplit

EX_OK, EX_DATAERR, EX_UNAVAILABLE, EX_TEMPFAIL = 0, 65, 69, 75  # sysexits.h
SECRET_VARIABLE = "CC_MAIL_PIPE_SECRET"  # noqa: S105 - the name of a variable
TIMEOUT = 60.0
OPEN_TO_OTHERS = 0o077

# What the house's answer means. Anything else is a fault between us, and waits.
_NEVER = {
    413: (EX_UNAVAILABLE, "5.3.4", "the mail is larger than the service takes"),
    400: (EX_DATAERR, "5.6.0", "the service cannot read this mail"),
    422: (EX_DATAERR, "5.6.0", "the service cannot read this mail"),
}
_WHY = {
    401: "the signature was refused: is it this account's hook key?",
    403: "the signature was refused: is it this account's hook key?",
    404: "no account that takes posted mail is at this address, or it is switched off",
    429: "the service asks us to wait",
    503: "the service cannot store it now",
}


class Failed(Exception):
    """The mail was not stored: how this ends."""

    def __init__(self, text: str, code: int = EX_TEMPFAIL, status: str = "4.3.0") -> None:
        super().__init__(text)
        self.code = code
        self.status = status


class _Options(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise Failed: a typing mistake in the mail server's settings must not bounce mail."""
        raise Failed(message, status="4.3.5")


def main(
    arguments: Sequence[str], *, stdin: BinaryIO | None = None, stderr: TextIO | None = None
) -> int:
    """Post the mail of `stdin`; returns the exit code."""
    try:
        _deliver(_given(arguments), stdin or sys.stdin.buffer)
    except Failed as failed:
        return _end(failed, stderr or sys.stderr)
    except Exception as error:  # noqa: BLE001 - whatever it is, the mail must not be lost by it
        return _end(Failed(f"{type(error).__name__}: {error}"), stderr or sys.stderr)
    return EX_OK


def _end(failed: Failed, stderr: TextIO) -> int:
    text = " ".join(str(failed).split())[:500]
    with suppress(OSError, ValueError):
        stderr.write(f"{failed.status} contact-center mail-pipe: {text}\n")
    return failed.code


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    options = _Options(
        prog="contact-center mail-pipe", allow_abbrev=False,
        description="Hand the mail on standard input to an account that is posted to.",
        epilog="Exit codes: 0 stored, 75 try again later, 69 too large, 65 no mail.",
    )  # fmt: skip
    options.add_argument("--url", required=True, help="the account's hook address")
    options.add_argument("--recipient", default="", help="whom the envelope names")
    options.add_argument(
        "--secret-file", type=Path, metavar="FILE",
        help=f"holds the account's hook key, for its owner alone; else ${SECRET_VARIABLE}",
    )  # fmt: skip
    options.add_argument(
        "--timeout", type=float, default=TIMEOUT, metavar="SECONDS", help="default: %(default)s"
    )
    return options.parse_args(arguments)


def _deliver(given: argparse.Namespace, stdin: BinaryIO) -> None:
    """Raises Failed unless the service has stored the mail."""
    secret = _secret(given.secret_file)
    raw = stdin.read()
    if not raw.strip():
        raise Failed("the mail is empty", EX_DATAERR, "5.6.0")
    status, words = _post(given.url, raw, headers(raw, secret, given.recipient), given.timeout)
    if 200 <= status < 300:  # noqa: PLR2004
        return
    code, enhanced, why = _NEVER.get(status, (EX_TEMPFAIL, "4.3.0", _WHY.get(status, words)))
    raise Failed(f"{status} {why}", code, enhanced)


def _secret(file: Path | None) -> str:
    """The hook key. Raises Failed for a file that others can read, too."""
    if file is None:
        found = os.environ.get(SECRET_VARIABLE, "").strip()
    else:
        try:
            with file.open(encoding="utf-8") as opened:
                mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
                if mode & OPEN_TO_OTHERS:
                    raise Failed(
                        f"{file} is open to others ({mode:04o}): chmod 0600", status="4.3.5"
                    )
                found = opened.read().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Failed(f"the secret cannot be read: {error}", status="4.3.5") from None
    if not found:
        raise Failed(f"no secret: give --secret-file or {SECRET_VARIABLE}", status="4.3.5")
    return found


def headers(raw: bytes, secret: str, recipient: str, now: float | None = None) -> dict[str, str]:
    """What is sent with a mail: its signature (standardwebhooks.com) and whom it was for."""
    name = "mail_" + hashlib.sha256(recipient.encode("utf-8", "replace") + b"\0" + raw).hexdigest()
    stamp = str(int(time.time() if now is None else now))
    signed = f"{name}.{stamp}.".encode() + raw
    digest = hmac.digest(_key(secret), signed, "sha256")
    made = {
        "Content-Type": "message/rfc822", "User-Agent": "contact-center-mail-pipe",
        "webhook-id": name, "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }  # fmt: skip
    if told := "".join(c if c.isprintable() else "?" for c in recipient.strip())[:400]:
        made["X-Envelope-To"] = told.encode("utf-8", "replace").decode("latin-1")  # as it travels
    return made


def _key(secret: str) -> bytes:
    text = secret.removeprefix("whsec_")
    if text != secret:
        with suppress(binascii.Error):
            return base64.b64decode(text, validate=True)
    return secret.encode()


def _post(url: str, raw: bytes, fields: dict[str, str], timeout: float) -> tuple[int, str]:
    """Status and words of the answer. Raises Failed where there is none in time."""
    wire, path = _connection(url, timeout)
    with suppress(ValueError, AttributeError):  # a deadline over all of it, where there are signals
        signal.signal(signal.SIGALRM, _late)
        signal.setitimer(signal.ITIMER_REAL, timeout)
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before the end
            wire.request("POST", path, raw, fields)
        answer = wire.getresponse()
        words = answer.read(300).decode("utf-8", "replace")
    except TimeoutError:
        raise Failed(f"{wire.host}: no answer within {timeout:g} s", status="4.4.2") from None
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Failed(f"{wire.host}:{wire.port}: {why}", status="4.4.1") from None
    finally:
        wire.close()
    return answer.status, words


def _connection(url: str, timeout: float) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(url)
    kinds = {"https": http.client.HTTPSConnection, "http": http.client.HTTPConnection}
    if parts.scheme not in kinds or not parts.hostname or timeout <= 0:
        raise Failed("--url is an address that begins with https://, --timeout more than 0",
                     status="4.3.5")  # fmt: skip
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return kinds[parts.scheme](parts.hostname, parts.port, timeout=timeout), path


def _late(_number: int, _frame: object) -> NoReturn:
    raise TimeoutError
