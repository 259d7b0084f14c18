"""A mailbox at a scripted server, read from its beginning."""

from typing import Any

from channels.mail.imap import MailboxSettings
from channels.mail.servers import MailServer
from tests.support.scripted_imap import ScriptedImap

HASTY = 0.3  # seconds until a server is silent, where a test is about that


def settings(server: ScriptedImap, **more: Any) -> MailboxSettings:
    login: dict[str, Any] = {"user": "anna@example.org", "password": "secret", "timeout": 10.0}
    login |= {name: more.pop(name) for name in list(more) if name in MailServer.__slots__}
    given: dict[str, Any] = {"start": "all", "idle_seconds": 5.0} | more
    mail_server = MailServer(host="127.0.0.1", port=server.port, **{"security": "plain"} | login)
    return MailboxSettings(server=mail_server, **given)
