"""The desk: everything an operator does with a contact."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from contact_center.contacts.service import Contacts
from contact_center.desk.amending import Amending
from contact_center.desk.bench import Bench
from contact_center.desk.ending import WRAP_UP_TIMEOUT, Ending
from contact_center.desk.leaving import VISITOR_LEFT, Leaving
from contact_center.desk.letters import Beginning
from contact_center.desk.moving import Moving
from contact_center.desk.parking import Parking
from contact_center.desk.parting import Parting
from contact_center.desk.passing import Passing
from contact_center.desk.returning import Returning
from contact_center.desk.taking import Taking
from contact_center.desk.talking import Talking
from contact_center.employees.model import HAND_BACK
from contact_center.jobs.model import Handler
from contact_center.kernel.clock import Clock
from contact_center.storage.database import Database
from contact_center.work.model import CLIENT_WROTE, OVERFLOWED


class Desk:
    """The acts, by what they are about. Each is one transaction."""

    def __init__(self, database: Database, clock: Clock, contacts: Contacts) -> None:
        bench = Bench(database, clock, contacts)
        self.contacts = contacts
        self.taking = Taking(bench)
        self.talking = Talking(bench)
        self.amending = Amending(bench)
        self.moving = Moving(bench)
        self.ending = Ending(bench)
        self.parting = Parting(bench)
        self.parking = Parking(bench)
        self.beginning = Beginning(bench)
        self.leaving = Leaving(bench)
        self.passing = Passing(bench)
        self.returning = Returning(bench)

    def jobs(self) -> Mapping[str, Handler]:
        """Handlers of the desk's durable jobs, by kind."""
        return {
            WRAP_UP_TIMEOUT: self.ending.time_out,
            VISITOR_LEFT: self.leaving.look,
            OVERFLOWED: self.passing.act,
            CLIENT_WROTE: self.parking.wake,
            HAND_BACK: self.returning.hand_back,
        }


SERVICE: web.AppKey[Desk] = web.AppKey("desk", Desk)
