"""What a process that was killed leaves behind: halves of uploads, and blobs that no row names.

A blob is looked at when it is a day old, so that whatever was under way has its row by then, and
for a week, so that a day's work grows with what a week brought. Where most of them have no row,
the database is not the one these files belong to: nothing is deleted then, and that is said.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from contact_center.contacts.files import store
from contact_center.kernel.ids import first_id_of
from contact_center.kernel.log import get_logger
from contact_center.storage.blobs import Blobs
from contact_center.storage.database import Database

UNDER_WAY = timedelta(days=1)
LOOKED_AT = timedelta(days=7)
SLOWEST_FETCH = timedelta(days=7)  # a row may be so much older than the blob it waited for
FEW = 20

log = get_logger(__name__)


async def forget(database: Database, blobs: Blobs, now: datetime) -> int:
    """Delete what nobody can ever ask for; returns how many blobs that were."""
    until = now - UNDER_WAY
    since = until - LOOKED_AT
    drafts = await blobs.drop_drafts(until)
    keys = await blobs.written(since, until)
    unknown = await _without_row(database, keys, since - SLOWEST_FETCH)
    if len(unknown) > max(FEW, len(keys) // 2):
        log.error("blobs_of_another_database", unknown=len(unknown), of=len(keys))
        return 0
    for key in unknown:
        await blobs.delete(key)
    if drafts or unknown:
        log.info("orphans_forgotten", drafts=drafts, blobs=len(unknown))
    return len(unknown)


async def _without_row(database: Database, keys: set[str], since: datetime) -> set[str]:
    """First the rows of that time, a slice at a time; what is left is asked for by name."""
    left, after = set(keys), first_id_of(since)
    while left and (rows := await store.blob_keys(database, after)):
        left.difference_update(row["blob_key"] for row in rows)
        after = rows[-1]["id"]
    return left - await store.known(database, left) if left else left
