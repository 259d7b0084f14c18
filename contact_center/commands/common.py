"""What commands share: options as settings of the environment, and a database to work on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contact_center.kernel import configfile

if TYPE_CHECKING:
    from contact_center.settings import Settings


def override(**given: object) -> None:
    """Options of the command line are settings of the environment, for our children too."""
    for key, value in given.items():
        if value is not None:
            os.environ[configfile.variable_of(key)] = str(value)


def configured() -> "Settings":
    from contact_center.settings import load_settings

    return load_settings()


@contextmanager
def database_url(settings: "Settings") -> Iterator[str]:
    """The database of the settings, or the private one, started for as long as it is needed."""
    from contact_center.storage.embedded import PrivatePostgres

    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    private = PrivatePostgres(settings.data_dir)
    if private.ready():
        yield private.url()
        return
    try:
        yield private.start()
    finally:
        private.stop()
