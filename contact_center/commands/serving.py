"""Run it: the service, its demo, its database, and whether all it needs is there."""

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from contact_center.commands.common import configured, database_url, override
from contact_center.kernel import configfile
from contact_center.kernel.errors import SettingsError

DEMO_DIR = Path("var/demo")


def run(
    *, roles: str | None = None, port: int | None = None, data_dir: Path | None = None
) -> NoReturn:
    """Run the service and keep it alive; without database_url with a PostgreSQL of its own.

    Args:
        roles: What this process does, e.g. web,worker,router.
        port: Where to listen.
        data_dir: The files of this node.
    """
    override(roles=roles, listen_port=port, data_dir=data_dir)
    _supervise()


def demo(*, port: int | None = None, data_dir: Path = DEMO_DIR, fresh: bool = False) -> NoReturn:
    """Run a throwaway demo company with a simulator of clients.

    Args:
        port: Where to listen.
        data_dir: Where the throwaway data are.
        fresh: Throw away what an earlier demo left and begin anew.
    """
    if fresh:
        _throw_away(data_dir)
    os.environ.pop(configfile.variable_of("database_url"), None)
    override(demo="true", listen_port=port, data_dir=data_dir)
    _supervise()


def serve(*, roles: str | None = None, port: int | None = None) -> None:
    """Run the service alone, in this process; needs database_url. `run` starts this.

    Args:
        roles: What this process does, e.g. web,worker,router.
        port: Where to listen.
    """
    from contact_center import supervise

    supervise.end_with_parent()
    override(roles=roles, listen_port=port)
    settings = configured()  # before the costly import: a refusal comes at once
    from contact_center.app import serve as serve_forever

    serve_forever(settings)


def migrate(*, data_dir: Path | None = None) -> None:
    """Bring the database to the schema of this version; safe while others start.

    Args:
        data_dir: The files of this node.
    """
    override(data_dir=data_dir)
    import asyncio

    from contact_center.storage.migrate import migrate as bring_up_to_date

    with database_url(configured()) as url:
        changed = asyncio.run(bring_up_to_date(url))
    print("migrated" if changed else "already up to date")


def doctor(*, json: bool = False, port: int | None = None, data_dir: Path | None = None) -> None:
    """Check everything the service depends on and say how to mend what is wrong.

    Args:
        json: Print the findings as JSON.
        port: Where the service listens.
        data_dir: The files of this node, e.g. var/demo.
    """
    override(listen_port=port, data_dir=data_dir)
    from contact_center.doctor import main

    sys.exit(main(as_json=json))


def _supervise() -> NoReturn:
    """Become the small parent: the command line must not stay in its memory."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "contact_center.supervise"]
    os.execv(sys.executable, command)  # noqa: S606 - our own command


def _throw_away(data_dir: Path) -> None:
    """Remove an earlier demo, and nothing that does not look like one."""
    from contact_center.storage.embedded import PrivatePostgres

    if not data_dir.exists():
        return
    if not (data_dir / "postgres.lock").exists():
        raise SettingsError(
            "does not look like the data of a demo, nothing removed", key="data_dir"
        )
    private = PrivatePostgres(data_dir)
    private.start()  # refused while another one runs there
    private.stop("immediate")
    shutil.rmtree(data_dir)
