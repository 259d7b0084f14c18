"""`make shots`: pictures of every page, languages by themes by widths, into shots/ (not kept)."""

import asyncio
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support import chromium
from tests.support.house import House
from tests.support.tour import walk

WIDTHS = {"wide": 1440, "phone": 390}


def main(only: str = "") -> int:
    path = chromium.find()
    if path is None:
        print(chromium.MISSING)
        return 1
    folder = Path("shots")
    folder.mkdir(exist_ok=True)
    house = House("run", environ={"CC_DEMO": "true"})
    house.start()
    try:
        asyncio.run(house.ready())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
            for locale in ("ru", "en"):
                for scheme in ("light", "dark"):
                    for width, pixels in WIDTHS.items():
                        look = f"{locale}-{scheme}-{width}"
                        if only and only not in look:
                            continue
                        for stop, page in walk(
                            browser, house, locale=locale, scheme=scheme, width=pixels
                        ):
                            page.screenshot(path=folder / f"{stop.name}-{look}.png")
                            print(f"{stop.name}-{look}", flush=True)
            browser.close()
    finally:
        house.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
