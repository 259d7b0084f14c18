"""What the API takes and says of start links."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from contact_center.clients.model import Body

Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class CarryIn(Body):
    """A link for one client, good once: whoever follows it is taken for him."""

    account_id: UUID
    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 24 * 60


PlaceKind = Literal["site", "campaign", "number", "shop", "point_of_sale"]


class PlaceIn(Body):
    """A link for a place, good for everybody: printed, shown at a counter, sent round."""

    kind: PlaceKind
    key: Key
    title: Key


class StartLink(BaseModel):
    """The address. One that carries a client over is shown this once: only a digest is kept."""

    id: UUID
    url: str
    expires_at: datetime | None


class PlaceLink(BaseModel):
    """A link for a place; `used_at`: when somebody first followed it.

    `url` is null for one from before such links were kept whole.
    """

    id: UUID
    kind: PlaceKind
    key: str
    title: str
    url: str | None
    created_at: datetime
    used_at: datetime | None


class PlaceLinks(BaseModel):
    """The links of a connection, the newest first; revoked ones are gone."""

    items: list[PlaceLink]
