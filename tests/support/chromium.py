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


def find() -> str | None:
    """The path of a Chromium or Chrome, if there is one; CC_TEST_CHROMIUM names it."""
    if named := os.environ.get("CC_TEST_CHROMIUM"):
        return named
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    return None
