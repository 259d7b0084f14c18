"""Who gets whom: the greedy match of waiting contacts and operators with room, by seniority."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from routing import policy as rules
from routing.decisions import Offer, Outcome
from routing.explain import explanation
from routing.index import Index
from routing.lines import PERSONAL, Group, Line, Rank, Seat, Waiting
from routing.model import Operator, OperatorState, WorkState, changed

MakeId = Callable[[str, int, str, int], str]
Aside = list[tuple[Line, Waiting]]


class Matching:
    """Makes the offers that the last events have made possible."""

    def __init__(self, index: Index, make_id: MakeId) -> None:
        self._index = index
        self._make_id = make_id

    def decide(self, outcomes: list[Outcome]) -> None:
        """Add the offers, most senior contact first."""
        classes = self._index.classes
        lines = self._index.take_touched()
        if not lines and not classes.unrated:
            return
        if not lines and not classes.gained and len(classes.unrated) == 1:
            ((seat, _),) = classes.unrated.values()
            self._serve(seat, outcomes)
            classes.rate()
        else:
            classes.rate()
            if classes.gained:
                lines += _lines_of(classes.gained.values())
                lines = list(dict.fromkeys(lines))
            lines = [line for line in lines if line.with_room and line.waiting]
        classes.settle()
        if lines:
            self._match(lines, outcomes)
            classes.settle()

    # --- one operator is free ------------------------------------------------------------------

    def _serve(self, seat: Seat, outcomes: list[Outcome]) -> None:
        """The most senior of all he may take, as long as there is one.

        Nobody else has room for any of them: they would not wait. So he is the only candidate,
        but for contacts that are held for him.
        """
        groups = self._index.classes.room(seat)
        best, of = _most_senior(groups)
        if best is None or of is None:
            return
        if not best[4].work.excluded:  # mostly he takes one and is busy
            outcomes.append(self._give(best, of, seat))
            groups = self._index.classes.room(seat)
        if groups:
            self._serve_on(seat, groups, outcomes)

    def _serve_on(self, seat: Seat, groups: list[Group], outcomes: list[Outcome]) -> None:
        """The same where he may take several, or not the first of them."""
        lines = [line for group in groups for line in group.lines if line.waiting]
        heads: list[tuple[Waiting, int]] = []
        for number, line in enumerate(lines):
            _push_entry(heads, line, number)
        aside: Aside = []
        while heads:
            entry, number = heapq.heappop(heads)
            line = lines[number]
            state = seat.state
            if not rules.has_room(state, line.medium, line.cost, self._index.policy.exclusive):
                continue  # neither for the rest of this class
            if line.head() is entry:
                work = entry[4].work
                if work.excluded and rules.excluded(work, state.id, self._index.now_ms):
                    aside.append((line, heapq.heappop(line.queue)))
                else:
                    outcomes.append(self._give(entry, line, seat))
            _push_entry(heads, line, number)
        _put_back(aside)

    def _give(self, entry: Waiting, of: Line, seat: Seat) -> Offer:
        item = entry[4]
        if of.strategy != PERSONAL:
            return self._offer(item.work, of, seat.state, None)
        line, runner_up = self._index.line_of(item.work), None
        if item.lines[-1] is of:  # held for him although others have room
            _, runner_up = self._choose(item.work, line, held=True)
        return self._offer(item.work, line, seat.state, runner_up)

    # --- anything else -------------------------------------------------------------------------

    def _match(self, lines: list[Line], outcomes: list[Outcome]) -> None:
        """Serve the touched classes, always the most senior head of all of them."""
        heads: list[tuple[Rank, int]] = []
        aside: Aside = []
        for number, line in enumerate(lines):
            _push_head(heads, line, number)
        while heads:
            rank, number = heapq.heappop(heads)
            line = lines[number]
            if not line.with_room:
                continue  # nobody has room for this class any more, so for none of its contacts
            head = line.head()
            if head is not None and head[:3] == rank:
                work = head[4].work
                of = line if line.strategy != PERSONAL else self._index.line_of(work)
                chosen, runner_up = self._choose(
                    work, of, held=head[4].lines[-1].strategy == PERSONAL
                )
                if chosen is None:
                    aside.append((line, heapq.heappop(line.queue)))
                else:
                    outcomes.append(self._offer(work, of, chosen, runner_up))
                    self._index.classes.rate()
            _push_head(heads, line, number)
        _put_back(aside)

    def _choose(
        self, work: WorkState, line: Line, *, held: bool
    ) -> tuple[OperatorState | None, OperatorState | None]:
        """The operator for this contact, and who would have been next.

        Who is held stands in its preferred operator's class only, and gets nobody else.
        """
        now = self._index.now_ms
        self._index.classes.rate()
        self._index.classes.settle()
        free = (lambda who: not rules.excluded(work, who, now)) if work.excluded else None
        ranked = [entry[2].seat.state for entry in line.firsts(free)]
        if work.preferred_id is not None:
            seat = self._index.wanted(work)
            wanted = None if seat is None else seat.state
            if (
                wanted is not None
                and rules.has_room(wanted, work.medium, work.cost, self._index.policy.exclusive)
                and not rules.excluded(work, wanted.id, now)
            ):
                ranked = [wanted, *(one for one in ranked if one.id != wanted.id)]
            elif held:
                return None, None
        return (*ranked, None, None)[0], (*ranked, None, None)[1]

    def _offer(
        self,
        work: WorkState,
        line: Line,
        operator: OperatorState,
        runner_up: OperatorState | None,
    ) -> Offer:
        index = self._index
        now = index.now_ms
        offer = self._make_id(work.id, work.version, operator.id, now)
        until = now + rules.offer_ms(index.queues[work.queue_id], work.medium)
        why = explanation(index, line, work, operator, runner_up)
        after = rules.load_after(operator, work, 1)
        if isinstance(operator, Operator):
            after["turn"] = now
        index.put_offer(rules.offered(work, operator.id, offer, until))
        index.put_operator(changed(operator, version=operator.version + 1, **after))
        return Offer(work.id, work.version, operator.id, operator.version, offer, until, why)


def _lines_of(seats: Iterable[Seat]) -> list[Line]:
    """Where those who can take more now are waited for."""
    groups = [group for seat in seats for group in seat.groups.values() if group.fits]
    return [line for group in groups for line in group.lines if line.waiting]


def _most_senior(groups: list[Group]) -> tuple[Waiting | None, Line | None]:
    """Who waits longest of all in these groups' classes, and where."""
    best: Waiting | None = None
    of: Line | None = None
    for group in groups:
        for line in group.lines:
            if line.waiting:
                queue = line.queue
                head = queue[0] if queue else None  # `head()`, without a call where it can be
                if head is not None and head[4].token != head[3]:
                    head = line.head()
                if head is not None and (best is None or head < best):
                    best, of = head, line
    return best, of


def _push_head(heads: list[tuple[Rank, int]], line: Line, number: int) -> None:
    head = line.head()
    if head is not None:
        heapq.heappush(heads, (head[:3], number))


def _push_entry(heads: list[tuple[Waiting, int]], line: Line, number: int) -> None:
    head = line.head()
    if head is not None:
        heapq.heappush(heads, (head, number))


def _put_back(aside: Aside) -> None:
    for line, entry in aside:
        heapq.heappush(line.queue, entry)
