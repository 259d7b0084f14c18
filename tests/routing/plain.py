"""The whole policy of a floor without any structure: every contact against every operator.

It imports nothing of what it judges. Rows are plain dictionaries, decisions are tuples; the
events are read by their attributes and told apart by the names of their classes. What is slow and
obvious here is fast and clever there, and both must say the same.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
LIVE = ("waiting", "offered", "active", "wrap_up", "parked")
ON_HAND = ("offered", "active", "wrap_up")


class Misfit(Exception):
    """The event changes nothing."""


class Plain:
    def __init__(
        self, exclude: int, misses: int, grace: int, exclusive: tuple[str, ...], most: int
    ):
        self.works: dict[str, Row] = {}
        self.operators: dict[str, Row] = {}
        self.queues: dict[str, Row] = {}
        self.gone: dict[str, Row] = {}
        self.offered: dict[str, int] = {}
        self.now = 0
        self.exclude, self.misses, self.grace = exclude, misses, grace
        self.exclusive, self.most = exclusive, most
        self.misfits = 0

    # --- time and events -----------------------------------------------------------------------

    def apply(self, event: Any, now: int) -> list[tuple[Any, ...]]:
        outcomes: list[tuple[Any, ...]] = []
        while True:
            instants = [at for at in self.instants() if self.now < at < now]
            if not instants:
                break
            self.now = min(instants)
            outcomes += self.settle()
        self.now = max(now, self.now)
        try:
            getattr(self, f"on_{type(event).__name__.lower()}")(event)
        except Misfit:
            self.misfits += 1
        return outcomes + self.settle()

    def instants(self) -> list[int]:
        found: list[int | None] = []
        for work in self.works.values():
            found += [work["offer_until_ms"], work["wrap_until_ms"], work["parked_until_ms"]]
            found += [work["not_before_ms"], self.hold_until(work), self.rung_due(work)]
            found += [until for _, until in work["excluded"]]
        found += [
            one["lost_ms"] + self.grace
            for one in self.operators.values()
            if one["lost_ms"] is not None
        ]
        return [at for at in found if at is not None]

    def rows(self, event: Any) -> Row:
        return dict(vars(event))

    def on_work(self, event: Any) -> None:
        if event.id in self.works or event.id in self.gone:
            raise Misfit
        row = self.rows(event)
        row["virtual_ms"] = max(row["virtual_ms"], row["arrived_ms"] - row["kept_ms"] - self.most)
        self.works[event.id] = row

    def on_operator(self, event: Any) -> None:
        held = self.operators.get(event.id)
        if held is not None and held["version"] >= event.version:
            raise Misfit
        self.operators[event.id] = self.rows(event)

    def on_queue(self, event: Any) -> None:
        held = self.queues.get(event.id)
        if held is not None and held["version"] >= event.version:
            raise Misfit
        self.queues[event.id] = self.rows(event)

    def on_tick(self, _event: Any) -> None:
        pass

    def get(self, work_id: str, *states: str) -> Row:
        work = self.works.get(work_id)
        if work is None or work["state"] not in states:
            raise Misfit
        return work

    def who(self, operator_id: str | None) -> Row:
        if operator_id not in self.operators:
            raise Misfit
        return self.operators[operator_id]

    def put(self, work: Row, **fields: Any) -> None:
        work.update(fields, version=work["version"] + 1)
        if work["state"] not in LIVE:
            self.gone[work["id"]] = self.works.pop(work["id"])

    def free(self, work: Row, **fields: Any) -> None:
        if work["state"] in ON_HAND:
            self.load(self.operators.get(work["operator_id"]), work, -1, **fields)

    def load(self, one: Row | None, work: Row, times: int, **fields: Any) -> None:
        if one is None:
            return
        count = one["load"].get(work["medium"], 0) + times
        load = {m: n for m, n in one["load"].items() if m != work["medium"]}
        if count > 0:
            load[work["medium"]] = count
        used = max(0, one["used"] + times * work["cost"])
        one.update(fields, used=used, load=load, version=one["version"] + 1)

    def on_accept(self, event: Any) -> None:
        work = self.get(event.work_id, "offered")
        if event.offer_id not in (None, work["offer_id"]):
            raise Misfit
        one = self.operators.get(work["operator_id"])
        if one and one["misses"]:
            one.update(misses=0, version=one["version"] + 1)
        self.put(work, state="active", offer_id=None, offer_until_ms=None)

    def kept_from(self, work: Row, who: str) -> tuple[Any, ...]:
        kept = [entry for entry in work["excluded"] if entry[0] != who]
        return (*kept, (who, self.now + self.exclude))

    def back(self, work: Row, **fields: Any) -> None:
        self.put(
            work, state="waiting", operator_id=None, offer_id=None, offer_until_ms=None, **fields
        )

    def on_decline(self, event: Any) -> None:
        work = self.get(event.work_id, "offered")
        if event.offer_id not in (None, work["offer_id"]):
            raise Misfit
        self.free(work)
        self.back(work, excluded=self.kept_from(work, work["operator_id"]))

    def on_release(self, event: Any) -> None:
        work = self.get(event.work_id, "active")
        seconds = event.wrap_up_seconds
        if seconds is None:
            seconds = self.queues[work["queue_id"]]["wrap_up_seconds"]
        if seconds > 0:
            self.put(work, state="wrap_up", wrap_until_ms=self.now + 1000 * seconds)
        else:
            self.free(work, idle_ms=self.now)
            self.put(work, state="done")

    def on_wrapupdone(self, event: Any) -> None:
        work = self.get(event.work_id, "wrap_up")
        self.free(work, idle_ms=self.now)
        self.put(work, state="done")

    def on_abandon(self, event: Any) -> None:
        work = self.get(event.work_id, *LIVE)
        self.free(work, **({} if work["state"] == "offered" else {"idle_ms": self.now}))
        self.put(work, state="abandoned")

    def on_change(self, event: Any) -> None:
        work = self.get(event.work_id, "waiting", "parked")
        fields: Row = {}
        if event.priority_seconds is not None:
            priority = min(1000 * event.priority_seconds, self.most)
            fields["virtual_ms"] = work["arrived_ms"] - work["kept_ms"] - priority
        if event.needs is not None:
            fields["needs"] = event.needs
        if event.queue_id is not None:
            fields.update(queue_id=event.queue_id, rung=0, queued_ms=self.now)
        self.put(work, **fields)

    def on_park(self, event: Any) -> None:
        work = self.get(event.work_id, "active", "wrap_up")
        self.free(work, idle_ms=self.now)
        self.put(
            work, state="parked", parked_until_ms=event.until_ms, wrap_until_ms=None,
            preferred_id=work["operator_id"], operator_id=None, strict=False,
        )  # fmt: skip

    def on_unpark(self, event: Any) -> None:
        self.come_back(self.get(event.work_id, "parked"))

    def come_back(self, work: Row) -> None:
        priority = work["arrived_ms"] - work["virtual_ms"] - work["kept_ms"]
        self.put(
            work, state="waiting", arrived_ms=self.now, virtual_ms=self.now - priority, kept_ms=0,
            queued_ms=self.now, rung=0, parked_until_ms=None, preferred_until_ms=None,
        )  # fmt: skip

    def again(self, work: Row, *, keep: bool, **fields: Any) -> None:
        priority = work["arrived_ms"] - work["virtual_ms"] - work["kept_ms"]
        kept = self.now - work["arrived_ms"] + work["kept_ms"] if keep else 0
        self.put(
            work, state="waiting", operator_id=None, arrived_ms=self.now, kept_ms=kept,
            virtual_ms=self.now - kept - priority, queued_ms=self.now, rung=0,
            wrap_until_ms=None, not_before_ms=None, **fields,
        )  # fmt: skip

    def on_transfer(self, event: Any) -> None:
        work = self.get(event.work_id, "active", "wrap_up")
        fields: Row = {"preferred_id": None, "preferred_until_ms": None, "strict": False}
        excluded = work["excluded"]
        if event.operator_id is not None:
            self.who(event.operator_id)
            hold = event.hold_seconds
            fields["preferred_id"], fields["strict"] = event.operator_id, True
            fields["preferred_until_ms"] = 1 << 62 if hold is None else self.now + 1000 * hold
            excluded = tuple(entry for entry in excluded if entry[0] != event.operator_id)
        elif event.queue_id is not None:
            fields["queue_id"] = event.queue_id
        else:
            fields["anyone"] = True
        if event.operator_id != work["operator_id"]:
            excluded = self.kept_from({"excluded": excluded}, work["operator_id"])
        self.free(work, idle_ms=self.now)
        self.again(work, keep=event.keep, excluded=excluded, **fields)

    def on_callback(self, event: Any) -> None:
        self.put(self.get(event.work_id, "waiting"), not_before_ms=event.due_ms)

    def on_presence(self, event: Any) -> None:
        one = self.who(event.operator_id)
        one.update(
            presence=event.presence, misses=0, lost_ms=None, drain_to=event.drain_to,
            version=one["version"] + 1,
        )  # fmt: skip

    def on_connection(self, event: Any) -> None:
        one = self.who(event.operator_id)
        if (one["lost_ms"] is not None) == event.lost:
            raise Misfit
        one.update(lost_ms=self.now if event.lost else None, version=one["version"] + 1)

    def on_leave(self, event: Any) -> None:
        one = self.who(event.operator_id)
        for work in self.by_rank(*ON_HAND):
            if work["operator_id"] == one["id"] and work["state"] != "offered":
                self.free(work)
                if work["state"] == "active":
                    self.again(work, keep=True)
                else:
                    self.put(work, state="done", wrap_until_ms=None)
        one.update(presence="offline", lost_ms=None, version=one["version"] + 1)

    def on_calendar(self, event: Any) -> None:
        queue = self.queues.get(event.queue_id)
        if queue is None or queue["open"] == event.open:
            raise Misfit
        queue.update(open=event.open, version=queue["version"] + 1)

    # --- what changes by itself ----------------------------------------------------------------

    def by_rank(self, *states: str) -> list[Row]:
        found = [work for work in self.works.values() if work["state"] in states]
        return sorted(found, key=lambda work: (work["virtual_ms"], work["seq"]))

    def settle(self) -> list[tuple[Any, ...]]:
        outcomes: list[tuple[Any, ...]] = []
        while True:
            works = [work for work in self.by_rank(*LIVE) if self.ending(work)]
            operators = [one for one in self.operators.values() if self.unsure(one)]
            if not works and not operators:
                break
            for work in works:
                kind = self.ending(work)
                if kind is not None:
                    outcomes.append(self.end(work, kind))
            for one in sorted(self.operators.values(), key=lambda one: str(one["id"])):
                outcomes += self.relieve(one)
        for work in self.by_rank("waiting"):
            found = self.candidates(work)
            if found:
                outcomes.append(self.offer(work, *(*found, None)[:2]))
        return outcomes

    def ending(self, work: Row) -> str | None:  # noqa: PLR0911 - a table of cases
        now, queue = self.now, self.queues[work["queue_id"]]
        one = self.operators.get(work["operator_id"])
        match work["state"]:
            case "offered":
                if one is not None and one["presence"] not in ("ready", "draining"):
                    return "operator_left"
                if work["offer_until_ms"] <= now:
                    return "missed"
                return "queue_archived" if queue["archived"] else None
            case "waiting" if not queue["archived"]:
                due = self.rung_due(work)
                callback = work["not_before_ms"]
                way = queue["closed_to"]
                if way and self.barred(work, way):
                    way = None
                if not queue["open"] and way and (not callback or callback <= now):
                    return "closed"
                return "rung" if due is not None and due <= now else None
            case "wrap_up" if work["wrap_until_ms"] is not None:
                return "wrap_up" if work["wrap_until_ms"] <= now else None
            case "parked" if work["parked_until_ms"] is not None:
                return "parked" if work["parked_until_ms"] <= now else None
        return None

    @staticmethod
    def barred(work: Row, way: str) -> bool:
        if way.startswith("queue:"):
            return False
        takes = ("voice",) if way == "voicemail" else ("chat", "messenger", "sms")
        return bool(work["stays"] or work["medium"] not in takes)

    def made(self, offer: str) -> int:
        """When: an offer of this floor, or one it was given, whose id begins with its time."""
        own = self.offered.get(offer)
        return int(offer[:8] + offer[9:13], 16) if own is None else own

    def rung_due(self, work: Row) -> int | None:
        ladder = self.queues[work["queue_id"]]["ladder"]
        if work["state"] != "waiting" or work["rung"] >= len(ladder):
            return None
        out = ladder[work["rung"]].overflow
        if out is not None and self.barred(work, out):
            return None
        since = work["arrived_ms"] if work["queued_ms"] is None else work["queued_ms"]
        since = max(since, work["not_before_ms"] or since)
        return int(since + 1000 * ladder[work["rung"]].after_seconds)

    def end(self, work: Row, kind: str) -> tuple[Any, ...]:  # noqa: PLR0911 - a table of cases
        head = (work["id"], work["version"])
        queue, one = self.queues[work["queue_id"]], self.operators.get(work["operator_id"])
        match kind:
            case "missed":
                assert one
                counts = self.made(work["offer_id"]) >= one["missed_ms"]
                enough = one["misses"] + 1 >= self.misses
                gives_up = one["presence"] == "ready" and counts and enough
                self.load(one, work, -1)
                if counts:
                    one.update(misses=one["misses"] + 1, missed_ms=work["offer_until_ms"])
                if gives_up:
                    one["presence"] = "not_answering"
                excluded = self.kept_from(work, one["id"])
                self.back(work, excluded=excluded, misses=work["misses"] + 1)
                return ("Expire", *head, one["id"], self.now + self.exclude, gives_up)
            case "rung":
                step = queue["ladder"][work["rung"]]
                if step.overflow:
                    return self.overflow(work, step.overflow, "ladder")
                self.put(work, rung=work["rung"] + 1)
                return ("Relax", *head, work["rung"])
            case "closed":
                return self.overflow(work, queue["closed_to"], "closed")
            case "wrap_up":
                self.load(one, work, -1, idle_ms=self.now)
                self.put(work, state="done", wrap_until_ms=None)
                return ("EndWrapUp", *head, work["operator_id"])
            case "parked":
                self.come_back(work)
                return ("Return", *head)
        return self.rescind(work, kind)

    def rescind(self, work: Row, reason: str) -> tuple[Any, ...]:
        told = ("Rescind", work["id"], work["version"], work["operator_id"], reason)
        self.free(work)
        self.back(work)
        return told

    def overflow(self, work: Row, to: str, reason: str) -> tuple[Any, ...]:
        told = ("Overflow", work["id"], work["version"], to, reason)
        if to.startswith("queue:"):
            self.put(work, queue_id=to[6:], rung=0, queued_ms=self.now)
        else:
            self.put(work, state=to)
        return told

    def lost(self, one: Row) -> bool:
        if one["lost_ms"] is None or one["presence"] == "offline":
            return False
        return bool(one["lost_ms"] + self.grace <= self.now)

    def over(self, one: Row, work: Row) -> bool:
        most = one["ceilings"].get(work["medium"], 1 << 30)
        return bool(one["used"] > one["budget"] or one["load"].get(work["medium"], 0) > most)

    def unsure(self, one: Row) -> bool:
        drained = one["presence"] == "draining" and not one["used"]
        return self.lost(one) or drained or any(self.over(one, it) for it in self.offers(one))

    def offers(self, one: Row) -> list[Row]:
        return [work for work in self.by_rank("offered") if work["operator_id"] == one["id"]]

    def relieve(self, one: Row) -> list[tuple[Any, ...]]:
        version, presence = one["version"], None
        if self.lost(one):
            presence, reason = "offline", "lost"
        elif one["presence"] == "draining" and not one["used"]:
            presence, reason = one["drain_to"], "drained"
        if presence is not None:
            one.update(presence=presence, version=version + 1)
            return [("SetPresence", one["id"], version, presence, reason)]
        offers = reversed(self.offers(one))
        return [self.rescind(work, "capacity") for work in offers if self.over(one, work)]

    # --- who gets whom -------------------------------------------------------------------------

    def asked(self, work: Row) -> tuple[str | None, dict[str, int], str]:
        """(queue whose members alone may, skills, strategy) at the work's rung."""
        queue = self.queues[work["queue_id"]]
        strategy = queue["strategy"] or "least_loaded"
        if work["anyone"]:
            return None, {}, strategy
        own, base = dict(work["needs"]), dict(queue["needs"])
        if not work["rung"] or not queue["ladder"]:
            skills = set(own) | set(base)
            needs = {skill: max(own.get(skill, 0), base.get(skill, 0)) for skill in skills}
            return queue["id"] if queue["members_only"] else None, needs, strategy
        step = queue["ladder"][min(work["rung"], len(queue["ladder"])) - 1]
        asks = dict(step.needs)
        needs = {
            skill: level
            for skill, level in own.items()
            if skill not in step.drop and asks.get(skill, 0) >= base.get(skill, 0)
        }
        for skill, level in asks.items():
            needs[skill] = max(level, needs.get(skill, 0))
        members_only = queue["members_only"] and not step.everyone
        return queue["id"] if members_only else None, needs, strategy

    def eligible(self, work: Row, one: Row) -> bool:
        queue_id, needs, _ = self.asked(work)
        return (
            (queue_id is None or queue_id in one["queues"])
            and self.takes(one, work["medium"])
            and all(one["skills"].get(skill, 0) >= level for skill, level in needs.items())
        )

    def takes(self, one: Row, medium: str) -> bool:
        return not one["media"] or medium in one["media"]

    def room(self, work: Row, one: Row) -> bool:
        most = one["ceilings"].get(work["medium"], 1 << 30)
        return bool(
            one["presence"] == "ready"
            and one["lost_ms"] is None
            and one["used"] + work["cost"] <= one["budget"]
            and one["load"].get(work["medium"], 0) < most
            and not any(one["load"].get(medium) for medium in self.exclusive)
        )

    def kept_away(self, work: Row, one: Row) -> bool:
        return any(who == one["id"] and until > self.now for who, until in work["excluded"])

    def hold_until(self, work: Row) -> int:
        if work["preferred_until_ms"] is not None:
            return int(work["preferred_until_ms"])
        hold = self.queues[work["queue_id"]]["preferred_hold_seconds"]
        return int(work["arrived_ms"] + 1000 * hold)

    def wanted(self, work: Row) -> Row | None:
        one = self.operators.get(work["preferred_id"])
        if one is None or not self.takes(one, work["medium"]):
            return None
        skilled = all(one["skills"].get(skill, 0) >= level for skill, level in work["needs"])
        return one if work["strict"] or skilled else None

    def held(self, work: Row) -> bool:
        if work["preferred_id"] is None or self.hold_until(work) <= self.now:
            return False
        one = self.wanted(work)
        if work["strict"]:
            return True
        return one is not None and one["presence"] == "ready" and not self.kept_away(work, one)

    def admitted(self, work: Row) -> bool:
        queue = self.queues[work["queue_id"]]
        if work["not_before_ms"] is not None and work["not_before_ms"] > self.now:
            return False
        return bool(queue["open"] and not queue["archived"])

    def key(self, work: Row, one: Row) -> tuple[Any, ...]:  # noqa: PLR0911 - a table
        _, needs, strategy = self.asked(work)
        broad = len(one["skills"]) + len(one["queues"])
        rest = (one["idle_ms"], one["id"])
        match strategy:
            case "longest_idle":
                return rest
            case "least_loaded":
                return (one["used"], *rest)
            case "narrowest_first":
                return (broad, *rest)
            case "pack":
                return (one["budget"] - one["used"], *rest)
            case "best_level":
                return (-sum(one["skills"].get(skill, 0) for skill in needs), *rest)
            case "round_robin":
                return (one["turn"], *rest)
        if work["medium"] in self.exclusive:
            return (0, 0, broad, *rest)
        if any(medium in one["media"] for medium in self.exclusive):
            return (1, one["budget"] - one["used"], broad, *rest)
        return (0, one["used"], broad, *rest)

    def candidates(self, work: Row) -> list[Row]:
        if not self.admitted(work):
            return []
        can = [one for one in self.operators.values() if self.room(work, one)]
        can = [one for one in can if not self.kept_away(work, one)]
        others = sorted(
            (one for one in can if self.eligible(work, one)), key=lambda one: self.key(work, one)
        )
        wanted = self.wanted(work)
        if wanted is not None and any(one is wanted for one in can):
            return [wanted, *(one for one in others if one is not wanted)]
        return [] if self.held(work) else others

    def offer(self, work: Row, one: Row, second: Row | None) -> tuple[Any, ...]:
        queue, (_, needs, strategy) = self.queues[work["queue_id"]], self.asked(work)
        rule = "longest_idle" if strategy == "least_loaded" else strategy
        if one["id"] == work["preferred_id"]:
            rule = "preferred"
        elif work["rung"] and not self.eligible({**work, "rung": 0}, one):
            rule = "relaxed"
        elif second is None and one["idle_ms"] > work["arrived_ms"]:
            rule = "longest_waiting"
        able = [other for other in self.operators.values() if self.eligible(work, other)]
        like = [self.like(other) for other in self.by_rank("waiting") if self.in_line(other)]
        why = {
            "rule": rule,
            "class": ",".join(
                [*(f"{skill}>={level}" for skill, level in sorted(needs.items())), work["medium"]]
            ),
            "rung": work["rung"],
            "wait_ms": self.now - work["arrived_ms"],
            "kept_ms": work["kept_ms"],
            "priority_ms": work["arrived_ms"] - work["virtual_ms"] - work["kept_ms"],
            "waiting": like.count(self.like(work)),
            "eligible": len(able),
            "ready": sum(other["presence"] == "ready" for other in able),
            "with_room": sum(self.room(work, other) for other in able),
            "runner_up": second and second["id"],
        }
        seconds = queue["offer_seconds_by"].get(work["medium"], queue["offer_seconds"])
        until = self.now + 1000 * seconds
        told = ("Offer", work["id"], work["version"], one["id"], one["version"], until, why)
        self.load(one, work, 1, turn=self.now)
        offer = f"{work['id']}:{work['version']}"
        self.put(work, state="offered", operator_id=one["id"], offer_id=offer, offer_until_ms=until)
        self.offered[offer] = self.now
        return told

    def like(self, work: Row) -> tuple[Any, ...]:
        queue_id, needs, strategy = self.asked(work)
        return queue_id, tuple(sorted(needs.items())), strategy, work["medium"], work["cost"]

    def in_line(self, work: Row) -> bool:
        return self.admitted(work) and not self.held(work)

    # --- what must never be seen ---------------------------------------------------------------

    def faults(self) -> list[str]:
        """Invariants of a settled floor, told from the rows alone."""
        found = []
        for one in self.operators.values():
            mine = [w for w in self.works.values() if w["operator_id"] == one["id"]]
            hands = [work for work in mine if work["state"] in ON_HAND]
            if one["used"] != sum(work["cost"] for work in hands):
                found.append(f"{one['id']}: used is not what is on his hands")
            if any(work["state"] == "offered" and self.over(one, work) for work in hands):
                found.append(f"{one['id']}: offered more than he may have")
        return found + [
            f"{work['id']} waits though somebody could take it"
            for work in self.works.values()
            if work["state"] == "waiting" and self.candidates(work)
        ]
