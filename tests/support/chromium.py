"""The Chromium of the machine: we never download one."""

import os
import shutil

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

MISSING = "no Chromium here: install it with  apt-get install chromium fonts-noto-core"


WHOLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find(*, whole: bool = False) -> str | None:
    """The path of a Chromium or Chrome, if there is one; CC_TEST_CHROMIUM names it.

    The one without windows comes first, for it takes less than half the time; it has no desktop
    notices, so who needs them asks for the `whole` one.
    """
    if named := os.environ.get("CC_TEST_CHROMIUM"):
        return named
    for name in WHOLE if whole else ("chromium-headless-shell", *WHOLE):
        if found := shutil.which(name):
            return found
    return None
