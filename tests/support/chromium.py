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

MISSING = (
    "no Chromium here: install it with  apt-get install chromium-headless-shell fonts-noto-core"
)


def find() -> str | None:
    """The path of a Chromium or Chrome, if there is one; CC_TEST_CHROMIUM names it.

    The one without windows comes first: it takes less than half the time of the whole one.
    """
    if named := os.environ.get("CC_TEST_CHROMIUM"):
        return named
    for name in (
        "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
        "google-chrome-stable",
    ):  # fmt: skip
        if found := shutil.which(name):
            return found
    return None
