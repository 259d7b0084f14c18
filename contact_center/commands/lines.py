"""Lines in, lines out: what the adapters, the mail parser and the routing engine make of them."""

import sys
from pathlib import Path


def receive(channel: str, *, verify: bool = True) -> None:
    """Show what an adapter makes of recorded requests: JSON lines in, JSON lines out.

    Args:
        channel: The name of the channel, e.g. webchat.
        verify: Check signatures; --no-verify skips that to look at recordings.
    """
    from contact_center.receive import main

    sys.exit(main(channel, verify=verify))


def parse_mail(*, lines: bool = False, own_host: list[str] | None = None) -> None:
    """Show what the service sees in a mail: raw mail in, one line of JSON out.

    Args:
        lines: Read JSON lines {"id", "raw": "<base64>"} instead and answer each with a line.
        own_host: A host that only this service sends mail from, to tell loops by; repeatable.
    """
    from contact_center.parse_mail import main

    sys.exit(main(lines=lines, own_hosts=own_host or []))


def mail_pipe() -> None:
    """Hand a mail from Postfix or Exim to an account: raw mail in, an exit code out. See --help."""
    # Answered above, before any library is loaded; here it is known to the help.


def route(*, policy: Path = Path("config/routing.toml")) -> None:
    """Drive the routing engine: JSON lines of events in, decisions with reasons out.

    Args:
        policy: The routing policy, see config/routing.toml; events: see routing/README.md.
    """
    from contact_center.route.drive import main

    sys.exit(main(policy))
