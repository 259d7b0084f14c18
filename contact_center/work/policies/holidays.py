"""The public holidays of a country, as a suggestion: the library `holidays` knows some 250.

Nothing here is kept: what an administrator takes over stands in the policy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from routing.rulebook import HOLIDAY_YEARS

FIRST_YEAR, LAST_YEAR = HOLIDAY_YEARS


async def of(country: str, year: int, locale: str) -> list[tuple[date, str]]:
    """(day, name) by date; empty for a country nobody knows. The first call loads the library."""
    return await asyncio.to_thread(_of, country, year, locale)


async def countries() -> list[str]:
    """The ISO 3166 codes of those that are known."""
    return await asyncio.to_thread(_countries)


@lru_cache(maxsize=64)
def _of(country: str, year: int, locale: str) -> list[tuple[date, str]]:
    from holidays import country_holidays  # noqa: PLC0415 - see `of`

    if country not in _countries():
        return []
    language = _language(_languages().get(country, []), locale)
    return sorted(country_holidays(country, years=year, language=language).items())


@lru_cache(maxsize=1)
def _countries() -> list[str]:
    from holidays import list_supported_countries  # noqa: PLC0415 - see `of`

    return sorted(list_supported_countries(include_aliases=False))


@lru_cache(maxsize=1)
def _languages() -> Mapping[str, list[str]]:
    from holidays import list_localized_countries  # noqa: PLC0415 - see `of`

    return list_localized_countries(include_aliases=False)


def _language(known: list[str], locale: str) -> str | None:
    """The reader's language, English where it is not to be had, else the country's own (None)."""
    for wanted in (locale, "en"):
        found = next((one for one in known if one.split("_")[0] == wanted), None)
        if found is not None:
            return found
    return None
