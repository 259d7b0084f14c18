"""Who gets whom: the greedy match of waiting contacts and operators with room, by seniority."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from routing import policy as rules
from routing.decisions import Offer, Outcome
from routing.explain import Explanation
from routing.index import Index
from routing.lines import PERSONAL, Item, Line, Rank, Seat, Waiting
from routing.model import WorkState

MakeId = Callable[[str, int, str, int], str]
Aside = list[tuple[Line, Waiting]]


class Matching:
    """Makes the offers that the last events have made possible."""

    def __init__(self, index: Index, make_id: MakeId) -> None:
        self._index = index
        self._make_id = make_id

    def decide(self, outcomes: list[Outcome]) -> None:
        """Add the offers, most senior contact first."""
        index = self._index
        classes = index.classes
        lines = index.take_touched() if index.touched else []
        alone = len(classes.unrated) == 1 and not classes.gained
        if alone and not (lines and any(line.with_room for line in lines)):
            lines = []  # whoever has come to wait can get nobody but him
            ((seat, _),) = classes.unrated.values()
            self._serve(seat, outcomes)
            classes.rate()
        else:
            if classes.unrated:
                classes.rate()
            if classes.gained:
                lines = list(dict.fromkeys([*lines, *_lines_of(classes.gained.values())]))
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
        index = self._index
        front = index.classes.front
        aside: Aside = []
        while (entry := front(seat)) is not None:
            item = entry[4]
            work = item.work
            if work.excluded and rules.excluded(work, seat.state.id, index.now_ms):
                lines = [line for line in item.lines if line.head() is entry]
                aside += [(line, line.set_aside()) for line in lines]
                continue
            line, runner_up = item.lines[-1], None
            if line.strategy == PERSONAL:  # held for him although others have room
                line = index.line_of(work)
                _, runner_up = self._choose(work, line, held=True)
            outcomes.append(self._offer(item, line, seat, runner_up))
        if aside:
            _put_back(aside)

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
                item = head[4]
                work = item.work
                of = line if line.strategy != PERSONAL else self._index.line_of(work)
                chosen, runner_up = self._choose(work, of, held=item.lines[-1].strategy == PERSONAL)
                if chosen is None:
                    aside.append((line, line.set_aside()))
                else:
                    outcomes.append(self._offer(item, of, chosen, runner_up))
                    self._index.classes.rate()
            _push_head(heads, line, number)
        _put_back(aside)

    def _choose(
        self, work: WorkState, line: Line, *, held: bool
    ) -> tuple[Seat | None, Seat | None]:
        """The operator for this contact, and who would have been next.

        Who is held stands in its preferred operator's class only, and gets nobody else.
        """
        now = self._index.now_ms
        self._index.classes.rate()
        self._index.classes.settle()
        free = (lambda who: not rules.excluded(work, who, now)) if work.excluded else None
        ranked = [entry[2].seat for entry in self._index.classes.firsts(line, free)]
        if work.preferred_id is not None:
            wanted = self._index.wanted(work)
            exclusive = self._index.policy.exclusive
            if (
                wanted is not None
                and rules.has_room(wanted.state, work.medium, work.cost, exclusive)
                and not rules.excluded(work, wanted.state.id, now)
            ):
                ranked = [wanted, *(one for one in ranked if one is not wanted)]
            elif held:
                return None, None
        return (*ranked, None, None)[0], (*ranked, None, None)[1]

    def _offer(self, item: Item, line: Line, seat: Seat, runner_up: Seat | None) -> Offer:
        index, work, operator = self._index, item.work, seat.state
        now, work_id, operator_id = index.now_ms, work.id, operator.id
        offer = self._make_id(work_id, work.version, operator_id, now)
        until = now + rules.offer_ms(index.queues[work.queue_id], work.medium)
        other = None if runner_up is None else runner_up.state
        why = Explanation(index, line, work, operator, other)
        taken = rules.offered(work, operator_id, offer, until)
        index.put_offer(item, taken, seat, rules.offered_to(operator, work, now))
        return Offer(work_id, work.version, operator_id, operator.version, offer, until, why)


def _lines_of(seats: Iterable[Seat]) -> list[Line]:
    """Where those who can take more now are waited for."""
    groups = [group for seat in seats for group in seat.groups.values() if group.fits]
    return [line for group in groups for line in group.lines if line.waiting]


def _push_head(heads: list[tuple[Rank, int]], line: Line, number: int) -> None:
    head = line.head()
    if head is not None:
        heapq.heappush(heads, (head[:3], number))


def _put_back(aside: Aside) -> None:
    for line, entry in aside:
        line.put_back(entry)
