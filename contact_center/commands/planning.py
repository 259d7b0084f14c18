"""The line of tomorrow: days played under a policy, operators a day needs, policy files."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from contact_center.commands.common import configured, database_url, override
from contact_center.kernel.errors import SettingsError

Positive = Annotated[float | None, Parameter(validator=Number(gt=0))]
Percent = Annotated[float | None, Parameter(validator=Number(gt=0, lte=100))]


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
    override(data_dir=data_dir)
    from contact_center.route import compare

    if (recording is None) is not from_database:
        raise SettingsError("one of --from and --from-database says what was seen")
    paths = [policy] if against is None else [policy, against]
    books = compare.policies(paths)
    if books is None:
        sys.exit(compare.BAD)
    names = [path.name for path in paths]
    if recording is not None:
        floors = compare.recorded(recording, books)
    else:
        with database_url(configured()) as url:
            traffic, running = compare.last_day(url)
        if against is None:
            books.append(running)
            names.append("running")
        floors = compare.resized(traffic, running, books)
    if floors is None:
        sys.exit(compare.BAD)
    wanted = compare.Wanted(
        names, books, floors, replications, seed, within, how="same" if replay else "like"
    )
    sys.exit(compare.main(wanted, as_json=json))


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


def policy_export(*, data_dir: Path | None = None) -> None:
    """Print the routing policy that runs, as TOML.

    Args:
        data_dir: The files of this node, e.g. var/demo.
    """
    override(data_dir=data_dir)
    from contact_center.policies import export

    with database_url(configured()) as url:
        sys.stdout.write(export(url))


def policy_import(file: Path, *, activate: bool = False, data_dir: Path | None = None) -> None:
    """Check a policy file and keep it as a draft; a bad one is refused with every fault.

    Args:
        file: A file as `policy export` writes it, see config/routing.toml.
        activate: Let it run at once.
        data_dir: The files of this node, e.g. var/demo.
    """
    override(data_dir=data_dir)
    from contact_center.policies import bring

    with database_url(configured()) as url:
        code = bring(url, file, activate=activate)
    sys.exit(code)
