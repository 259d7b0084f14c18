"""The command line. Each command imports what it needs when it runs, so that help comes at once."""

import sys

if sys.argv[1:2] == ["mail-pipe"]:  # once for every mail, and reading options well costs longer
    from contact_center.mail_pipe import main as hand_over

    sys.exit(hand_over(sys.argv[2:]))

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

from cyclopts import App, Parameter
from cyclopts.validators import Number

from contact_center import __version__
from contact_center.kernel import configfile
from contact_center.kernel.errors import HouseError, SettingsError, Unavailable
from contact_center.supervise import EX_CONFIG, EX_TEMPFAIL

if TYPE_CHECKING:
    from contact_center.settings import Settings

DEMO_DIR = Path("var/demo")

app = App(
    name="contact-center",
    help="Omnichannel contact centre: one waiting line for every channel, nothing lost.",
    version=__version__,
)
keys = App(name="keys", help="The key that seals account secrets.")
app.command(keys)
policy = App(name="policy", help="The routing policy: what runs, and files of it.")
app.command(policy)


@app.command
def run(
    *, roles: str | None = None, port: int | None = None, data_dir: Path | None = None
) -> NoReturn:
    """Run the service and keep it alive; without database_url with a PostgreSQL of its own.

    Args:
        roles: What this process does, e.g. web,worker,router.
        port: Where to listen.
        data_dir: The files of this node.
    """
    _override(roles=roles, listen_port=port, data_dir=data_dir)
    _supervise()


@app.command
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
    _override(demo="true", listen_port=port, data_dir=data_dir)
    _supervise()


@app.command
def serve(*, roles: str | None = None, port: int | None = None) -> None:
    """Run the service alone, in this process; needs database_url. `run` starts this.

    Args:
        roles: What this process does, e.g. web,worker,router.
        port: Where to listen.
    """
    from contact_center import supervise

    supervise.end_with_parent()
    _override(roles=roles, listen_port=port)
    settings = _settings()  # before the costly import: a refusal comes at once
    from contact_center.app import serve as serve_forever

    serve_forever(settings)


@app.command
def migrate(*, data_dir: Path | None = None) -> None:
    """Bring the database to the schema of this version; safe while others start.

    Args:
        data_dir: The files of this node.
    """
    _override(data_dir=data_dir)
    import asyncio

    from contact_center.storage.migrate import migrate as bring_up_to_date

    with _database_url(_settings()) as url:
        changed = asyncio.run(bring_up_to_date(url))
    print("migrated" if changed else "already up to date")


@app.command
def doctor(*, json: bool = False, port: int | None = None, data_dir: Path | None = None) -> None:
    """Check everything the service depends on and say how to mend what is wrong.

    Args:
        json: Print the findings as JSON.
        port: Where the service listens.
        data_dir: The files of this node, e.g. var/demo.
    """
    _override(listen_port=port, data_dir=data_dir)
    from contact_center.doctor import main

    sys.exit(main(as_json=json))


@app.command
def receive(channel: str, *, verify: bool = True) -> None:
    """Show what an adapter makes of recorded requests: JSON lines in, JSON lines out.

    Args:
        channel: The name of the channel, e.g. webchat.
        verify: Check signatures; --no-verify skips that to look at recordings.
    """
    from contact_center.receive import main

    sys.exit(main(channel, verify=verify))


@app.command
def parse_mail(*, lines: bool = False, own_host: list[str] | None = None) -> None:
    """Show what the service sees in a mail: raw mail in, one line of JSON out.

    Args:
        lines: Read JSON lines {"id", "raw": "<base64>"} instead and answer each with a line.
        own_host: A host that only this service sends mail from, to tell loops by; repeatable.
    """
    from contact_center.parse_mail import main

    sys.exit(main(lines=lines, own_hosts=own_host or []))


@app.command
def mail_pipe() -> None:
    """Hand a mail from Postfix or Exim to an account: raw mail in, an exit code out. See --help."""
    # Answered above, before any library is loaded; here it is known to the help.


@app.command
def route(*, policy: Path = Path("config/routing.toml")) -> None:
    """Drive the routing engine: JSON lines of events in, decisions with reasons out.

    Args:
        policy: The routing policy, see config/routing.toml; events: see routing/README.md.
    """
    from contact_center.route.drive import main

    sys.exit(main(policy))


@app.command
def simulate(
    *,
    policy: Path,
    against: Path | None = None,
    recording: Annotated[Path | None, Parameter(name="--from")] = None,
    from_database: bool = False,
    replay: bool = False,
    replications: Annotated[int, Parameter(validator=Number(gte=1, lte=1000))] = 20,
    seed: int = 1,
    within: Annotated[int, Parameter(validator=Number(gte=0, lte=86_400))] = 20,
    json: bool = False,
    data_dir: Path | None = None,
) -> None:
    """Play days like one that was seen under a policy, or under two side by side.

    Args:
        policy: The policy to try, see config/routing.toml.
        against: Another one to compare it with; with --from-database usually the one that runs.
        recording: JSON lines of a day's arrivals and operators, see docs/routing.md.
        from_database: The last 24 hours of this service instead.
        replay: The very contacts that were seen, instead of days like that one.
        replications: How many days are drawn; with --replay, how often what nobody saw.
        seed: Another seed draws other days.
        within: Seconds within which a contact counts as taken in time.
        json: Print everything as JSON.
        data_dir: The files of this node, e.g. var/demo.
    """
    _override(data_dir=data_dir)
    from contact_center.route import compare

    if (recording is None) is not from_database:
        raise SettingsError("one of --from and --from-database says what was seen")
    paths = [policy] if against is None else [policy, against]
    books = compare.policies(paths)
    if books is None:
        sys.exit(compare.BAD)
    names = [path.name for path in paths]
    if recording is not None:
        traffic = compare.recorded(recording, books[0])
    else:
        with _database_url(_settings()) as url:
            traffic, running = compare.last_day(url)
        if against is None and running is not None:
            books.append(running)
            names.append("running")
    if traffic is None:
        sys.exit(compare.BAD)
    wanted = compare.Wanted(
        names, books, traffic, replications, seed, within, how="same" if replay else "like"
    )
    sys.exit(compare.main(wanted, as_json=json))


Positive = Annotated[float | None, Parameter(validator=Number(gt=0))]
Percent = Annotated[float | None, Parameter(validator=Number(gt=0, lte=100))]


@app.command
def staffing(
    file: Path | None = None,
    *,
    arrivals: Annotated[float | None, Parameter(validator=Number(gte=0))] = None,
    talk: Positive = None,
    patience: Positive = None,
    interval: Annotated[float, Parameter(validator=Number(gt=0))] = 1800,
    share: Percent = None,
    within: Annotated[float, Parameter(validator=Number(gte=0))] = 20,
    wait: Positive = None,
    abandoned: Percent = None,
    occupancy: Annotated[float, Parameter(validator=Number(gt=0, lte=100))] = 100,
    shrinkage: Annotated[float, Parameter(validator=Number(gte=0, lt=100))] = 0,
    json: bool = False,
) -> None:
    """Say how many operators a half-hour needs, or each one of a day: Erlang C, with patience A.

    Args:
        file: A day as CSV with the columns at, arrivals and, where they differ, talk and patience.
        arrivals: Without a file: contacts that come in one interval.
        talk: Mean seconds an operator has a contact on his hands, wrap-up included.
        patience: Mean seconds until a client gives up; left out, they wait for ever.
        interval: Seconds of one interval.
        share: Per cent of contacts to be taken within --within seconds; 80 where nothing is asked.
        within: Seconds.
        wait: The longest mean wait in seconds.
        abandoned: The most clients who may give up, per cent.
        occupancy: The most an operator may be busy, per cent.
        shrinkage: Per cent of paid time that is breaks, training and sickness.
        json: Print as JSON.
    """
    from contact_center.route import staffing as answers
    from contact_center.work.planning.staffing import Asked, BadRow, answer
    from routing.staffing import Target

    if (file is None) == (arrivals is None):
        raise SettingsError("one of a file and --arrivals says what comes")
    if abandoned is not None and patience is None and file is None:
        raise SettingsError("--abandoned needs --patience: without it nobody gives up")
    if share is None and wait is None and abandoned is None:
        share = 80
    target = Target(
        share and share / 100, within, wait, abandoned and abandoned / 100, occupancy / 100
    )
    asked = Asked(target, talk, patience, interval, shrinkage / 100)
    if file is not None:
        found = answers.day(file, asked)
    else:
        try:
            found = [answer("", arrivals or 0, asked)]
        except BadRow as error:
            raise SettingsError(str(error)) from None
    if found is None:
        sys.exit(answers.BAD)
    answers.show(found, asked, as_json=json)


@policy.command(name="export")
def policy_export(*, data_dir: Path | None = None) -> None:
    """Print the routing policy that runs, as TOML.

    Args:
        data_dir: The files of this node, e.g. var/demo.
    """
    _override(data_dir=data_dir)
    from contact_center.policies import export

    with _database_url(_settings()) as url:
        sys.stdout.write(export(url))


@policy.command(name="import")
def policy_import(file: Path, *, activate: bool = False, data_dir: Path | None = None) -> None:
    """Check a policy file and keep it as a draft; a bad one is refused with every fault.

    Args:
        file: A file as `policy export` writes it, see config/routing.toml.
        activate: Let it run at once.
        data_dir: The files of this node, e.g. var/demo.
    """
    _override(data_dir=data_dir)
    from contact_center.policies import bring

    with _database_url(_settings()) as url:
        code = bring(url, file, activate=activate)
    sys.exit(code)


@app.command
def bench(*names: str) -> None:
    """Measure, from a checkout of the sources: `make bench` does the same.

    Args:
        names: Which benchmarks; all without names.
    """
    if not Path("tests/bench").is_dir():
        raise SettingsError("benchmarks are part of the sources: run this in a checkout of them")
    sys.exit(subprocess.call([sys.executable, "-m", "tests.bench", ",".join(names)]))  # noqa: S603


@app.command
def build_web(*, force: bool = False) -> None:
    """Build console and widget, where the sources are newer than what is built.

    Args:
        force: Build in any case.
    """
    from contact_center.webbuild import build

    for name in build(Path(__file__).parent, force=force):
        print(f"built {name}")


@app.command
def api(*, typescript: bool = False, check: bool = False) -> None:
    """Print the OpenAPI document; from a checkout also keep the console's types by it.

    Args:
        typescript: Write the console's types of the API anew.
        check: Only say whether they are up to date.
    """
    from contact_center.web import generated

    if check:
        generated.check()
    elif typescript:
        print(f"{generated.FILE.name} " + ("written" if generated.write() else "is up to date"))
    else:
        import json

        print(json.dumps(generated.described(), ensure_ascii=False, indent=2))


@keys.command
def show() -> None:
    """Print the id of this node's key, as the database stores it."""
    from contact_center.kernel.secrets import load_sealer

    settings = _settings()
    sealer = load_sealer(settings.key_path, create=settings.may_create_key)
    print(f"{sealer.key_id}  {settings.key_path}")


@keys.command
def rotate() -> None:
    """Seal everything with a new key. Stop all nodes first, give them the new file afterwards."""
    import asyncio

    from contact_center.storage.rotation import rotate as rotate_key

    settings = _settings()
    with _database_url(settings) as url:
        done = asyncio.run(rotate_key(url, settings.key_path))
    print(f"{done.sealed} secrets are sealed with key {done.key_id}")
    print(f"the old key is kept as {done.kept}: remove it once no backup needs it")


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


def _supervise() -> NoReturn:
    """Become the small parent: the command line must not stay in its memory."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "contact_center.supervise"]
    os.execv(sys.executable, command)  # noqa: S606 - our own command


def _settings() -> "Settings":
    from contact_center.settings import load_settings

    return load_settings()


def _override(**given: object) -> None:
    """Options of the command line are settings of the environment, for our children too."""
    for key, value in given.items():
        if value is not None:
            os.environ[configfile.variable_of(key)] = str(value)


@contextmanager
def _database_url(settings: "Settings") -> Iterator[str]:
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


def _end(text: str, code: int) -> NoReturn:
    print(f"contact-center: {text}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
