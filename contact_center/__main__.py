"""The command line. Each command imports what it needs when it runs, so that help comes at once."""

import sys

if sys.argv[1:2] == ["mail-pipe"]:  # once for every mail, and reading options well costs longer
    from contact_center.mail_pipe import main as hand_over

    sys.exit(hand_over(sys.argv[2:]))

from typing import NoReturn

from cyclopts import App

from contact_center import __version__
from contact_center.commands import keys, lines, planning, serving, sources
from contact_center.kernel.errors import HouseError, SettingsError, Unavailable
from contact_center.supervise import EX_CONFIG, EX_TEMPFAIL

app = App(
    name="contact-center",
    help="Omnichannel contact centre: one waiting line for every channel, nothing lost.",
    version=__version__,
)
for command in (
    serving.run, serving.demo, serving.serve, serving.migrate, serving.doctor,
    lines.receive, lines.parse_mail, lines.mail_pipe, lines.route,
    planning.simulate, planning.staffing,
    sources.bench, sources.build_web, sources.api,
):  # fmt: skip
    app.command(command)

sealing = App(name="keys", help="The key that seals account secrets.")
sealing.command(keys.show)
sealing.command(keys.rotate)
app.command(sealing)

policy = App(name="policy", help="The routing policy: what runs, and files of it.")
policy.command(planning.policy_export, name="export")
policy.command(planning.policy_import, name="import")
app.command(policy)


def main() -> None:
    """Entry point; what the house refuses is told in one line, without a traceback."""
    try:
        app()
    except SettingsError as error:
        _end(str(error), EX_CONFIG)
    except Unavailable as error:
        _end(error.detail, EX_TEMPFAIL)
    except HouseError as error:
        _end(str(error), 1)
    except KeyboardInterrupt:
        _end("interrupted", 130)


def _end(text: str, code: int) -> NoReturn:
    print(f"contact-center: {text}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
