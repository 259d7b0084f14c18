"""The house's one key: it seals account secrets, and signs through keys derived from it.

The key is 32 bytes in a file only its owner may read. Its id (not the key) is kept in the
database, so a node that comes with another key is refused before it can seal anything
(`require_same_key`).
"""

import base64
import binascii
import contextlib
import os
import stat
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contact_center.kernel.errors import HouseError, SettingsError

KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID_CHARS = 16


class Unsealable(HouseError):
    """Sealed with another key, for another row, or changed since."""

    code = "unsealable"


class Sealer:
    """Seals and opens small secrets with AES-256-GCM.

    What is sealed is bound to `aad` (the id of its row): copied into another row it does not open.
    Layout: 8 bytes of key id, 12 bytes of nonce, ciphertext with tag.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key must have {KEY_BYTES} bytes")
        self._key = key
        self._cipher = AESGCM(self.derive("seal"))
        self._mark = self.derive("key-id")[: _KEY_ID_CHARS // 2]

    @property
    def key_id(self) -> str:
        """A name for the key that does not give it away."""
        return self._mark.hex()

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """Encrypt; the same plaintext gives other bytes every time."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._mark + nonce + self._cipher.encrypt(nonce, plaintext, self._mark + aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Decrypt; raises `Unsealable`."""
        mark, rest = sealed[: len(self._mark)], sealed[len(self._mark) :]
        if mark != self._mark:
            raise Unsealable(f"sealed with key {mark.hex()}, this node has {self.key_id}")
        try:
            return self._cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], mark + aad)
        except (InvalidTag, ValueError):
            raise Unsealable("belongs to another row or was changed") from None

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, e.g. signing visitor sessions; tells nothing of ours."""
        return HKDF(
            SHA256(), KEY_BYTES, salt=None, info=b"contact-center/" + purpose.encode()
        ).derive(self._key)


def load_sealer(key_file: Path, *, create: bool) -> Sealer:
    """The sealer of the key in a file.

    `create` is for a single node with a data directory of its own; of several nodes each would
    make another key, so they get the file through `CC_KEY_FILE`.
    """
    if create:
        create_key_file(key_file)
    try:
        text = key_file.read_text(encoding="ascii")
        mode = key_file.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(key_file, f"cannot be read ({_reason(error)})") from None
    _refuse_open_to_others(key_file, mode)
    try:
        return Sealer(base64.urlsafe_b64decode(text.strip()))
    except (ValueError, binascii.Error):
        raise _refused(key_file, f"does not hold {KEY_BYTES} bytes in base64") from None


def create_key_file(key_file: Path) -> bool:
    """Write a new key unless the file exists; says whether it did.

    The file appears complete or not at all, also when two processes start at once.
    """
    key_file.parent.mkdir(parents=True, exist_ok=True)
    if key_file.exists():
        return False
    handle, draft = tempfile.mkstemp(prefix=f".{key_file.name}.", dir=key_file.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.urlsafe_b64encode(os.urandom(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, key_file)  # unlike rename, refuses to replace the key of another
            return True
        return False
    finally:
        Path(draft).unlink()


def require_same_key(sealer: Sealer, stored_key_id: str, key_file: Path) -> None:
    """Refuse a key that is not the one the database was sealed with."""
    if sealer.key_id != stored_key_id:
        raise _refused(
            key_file,
            f"holds key {sealer.key_id}, but this database was sealed with {stored_key_id}: "
            "bring the key file of the first node, or its backup",
        )


def _refuse_open_to_others(key_file: Path, mode: int) -> None:
    # Container platforms mount secrets owned by root and readable for a group: allow that,
    # never what everybody may read or others may write.
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise _refused(
            key_file,
            f"may be read by others (mode {stat.S_IMODE(mode):04o}): run  chmod 600 {key_file}",
        )


def _refused(key_file: Path, detail: str) -> SettingsError:
    return SettingsError(detail, file=str(key_file), key="key_file", expected="")


def _reason(error: Exception) -> str:
    return error.strerror or repr(error) if isinstance(error, OSError) else "not a key file"
