"""Which blob store the settings mean."""

from __future__ import annotations

from pathlib import Path

from channels.toolkit.http import Client
from contact_center.kernel.clock import Clock
from contact_center.kernel.s3_signing import Place
from contact_center.storage.blobs import Blobs, FileBlobs
from contact_center.storage.object_blobs import ObjectBlobs
from contact_center.storage.s3 import S3


def open_store(address: str | None, data_dir: Path, http: Client, clock: Clock) -> Blobs:
    """The store at an address as `media.store` has it; without one a folder of `data_dir`."""
    if not address:
        return FileBlobs(data_dir / "blobs")
    return ObjectBlobs(S3(Place.of(address), http, clock), data_dir / "blob-cache", clock)
