"""What handlers find in the application beside the features' own services."""

from __future__ import annotations

from aiohttp import web

from contact_center.settings import Settings
from contact_center.storage.database import Database

DATABASE: web.AppKey[Database] = web.AppKey("database", Database)
SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
