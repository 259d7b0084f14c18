"""What of a mail is new: one walk over its lines, then one decision.

The lines of a page and of a text are the same here (`html_lines`, `plain_lines`), a page only has
marks on some. The walk finds the passages that are not new, the decision is the order written down
in `tests/channels/mail/replies/README.md`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from channels.mail.page import Line
from channels.mail.replies.intros import (
    WRAPS,
    Grade,
    intro_start,
    is_forward,
    is_header_block,
    is_original,
    is_rule,
    label,
)
from channels.mail.replies.marks import CITE, HEADER, INTRO, SIGNATURE
from channels.mail.replies.signatures import is_delimiter, is_sent_from, is_typed

# Every line that heads something has one of these: it ends in a colon, or has a rule or a label.
_HEADS = re.compile(r":|：|--|[-_=*—]{5}")


class Passage(NamedTuple):
    """Lines that are not new, their introduction included."""

    start: int
    end: int
    introduced: bool
    by_hand: bool = False  # by «You wrote:» and a blank line: no program writes that


class Walk:
    """Finds the passages of a mail from top to bottom, each line looked at a few times."""

    def __init__(self, lines: list[Line], *, forwarded: bool) -> None:
        self.lines = lines
        self.texts = [line.text for line in lines]
        self.forwarded = forwarded
        self.passages: list[Passage] = []
        self.whole = False  # a forwarded mail: everything is kept

    def run(self) -> None:
        at = 0
        while at < len(self.lines) and not self.whole:
            at = self.step(at)

    def step(self, at: int) -> int:
        """Look at one line; where to go on."""
        text, mark = self.lines[at]
        if text.startswith(">"):
            return self.quote(at)
        if not mark and not _HEADS.search(text):
            return at + 1
        if not self.passages and text and is_forward(self.texts, at):
            self.whole = True
        elif mark == HEADER or (text and self.heads_block(at)):
            return self.rest(at)
        elif (start := self.intro_of_rest(at)) is not None:
            return self.rest(start)
        return at + 1

    def floor(self) -> int:
        return self.passages[-1].end if self.passages else 0

    def quote(self, at: int) -> int:
        """A run of lines with «>»: a passage unless it is one line that nothing introduces."""
        end = at
        while end < len(self.texts) and self.texts[end].startswith(">"):
            end += 1
        inner = [text.removeprefix(">").lstrip() for text in self.texts[at : min(end, at + 20)]]
        top = next((place for place, text in enumerate(inner) if text), 0)
        start, above, by_hand = self.intro_above(at)
        if (by_hand or not above) and not self.passages and self.hands_on(inner, top):
            self.whole = True
            return end
        introduced = above or self.introduces(inner, top) or self.marked(at, end)
        if introduced or end - at > 1 or self.passages:
            self.passages.append(Passage(start, end, introduced, by_hand))
        return end

    def marked(self, at: int, end: int) -> bool:
        return any(self.lines[place].mark == CITE for place in {at, (at + end) // 2, end - 1})

    def hands_on(self, inner: list[str], top: int) -> bool:
        if is_forward(inner, top):
            return True
        return self.forwarded and is_header_block(inner, top, separated=False)

    def introduces(self, inner: list[str], top: int) -> bool:
        """The introduction stands behind «>» itself, as Apple and Mail.ru write it."""
        if is_header_block(inner, top, separated=False) or is_original(inner, top):
            return True
        for at in range(top, min(top + WRAPS, len(inner))):
            if inner[at].endswith(":"):
                return intro_start(inner, at, top)[1] >= Grade.CLEAR
        return False

    def intro_above(self, at: int) -> tuple[int, bool, bool]:
        """Where the introduction above a quote begins, if there is one, and if a hand wrote it."""
        floor, last = self.floor(), at - 1
        while last >= floor and not self.texts[last] and at - last <= 3:  # noqa: PLR2004
            last -= 1
        if last < floor or not self.texts[last]:
            return at, False, False
        if self.lines[last].mark == INTRO:
            return self.above_rule(self.top_of_mark(last, floor), floor), True, False
        start, found = intro_start(self.texts, last, floor)
        if not found:
            return at, False, False
        return self.above_rule(start, floor), True, found is Grade.WEAK and last < at - 1

    def top_of_mark(self, at: int, floor: int) -> int:
        while at > floor and self.lines[at - 1].mark == INTRO:
            at -= 1
        return at

    def above_rule(self, at: int, floor: int) -> int:
        """The line of dashes above an introduction belongs to it."""
        above = at - 1
        while above > floor and not self.texts[above] and at - above <= 2:  # noqa: PLR2004
            above -= 1
        return above if above >= floor and is_rule(self.texts[above]) else at

    def heads_block(self, at: int) -> bool:
        """A header block or what stands above one: a separator, a line of dashes."""
        text = self.texts[at]
        if is_original(self.texts, at):
            return True
        if is_rule(text):
            below = next((n for n in range(at + 1, at + 4) if self.text_at(n)), at)
            return is_header_block(self.texts, below, separated=True)
        return bool(label(text)) and is_header_block(self.texts, at, separated=False)

    def intro_of_rest(self, at: int) -> int | None:
        """An introduction whose quote has no signs: marked, or with date, time and address."""
        text, mark = self.lines[at]
        if not text or not (mark == INTRO or text.endswith(":")) or not self.unquoted_follows(at):
            return None
        start, found = intro_start(self.texts, at, self.floor())
        if mark == INTRO:
            start = self.top_of_mark(at, self.floor())
        elif found is not Grade.FULL:
            return None
        return start if self.has_text(self.floor(), start) else None

    def unquoted_follows(self, at: int) -> bool:
        below = next((n for n in range(at + 1, at + 5) if self.text_at(n)), None)
        if below is None:
            return False
        return not self.texts[below].startswith(">") and self.lines[below].mark != INTRO

    def text_at(self, at: int) -> str:
        return self.texts[at] if at < len(self.texts) else ""

    def has_text(self, start: int, end: int) -> bool:
        return any(self.texts[at] for at in range(start, end))

    def rest(self, at: int) -> int:
        """From here on all is the mail answered, or handed on."""
        if self.forwarded and not self.passages:
            self.whole = True
        else:
            start = self.above_rule(at, self.floor())
            self.passages.append(Passage(start, len(self.lines), introduced=True))
        return len(self.lines)


def kept_lines(lines: list[Line], *, forwarded: bool) -> list[int]:
    """The places of the lines that are new, or that stand between them."""
    walk = Walk(lines, forwarded=forwarded)
    walk.run()
    if walk.whole:
        return list(range(len(lines)))
    return _decide(lines, walk.passages)


def _decide(lines: list[Line], passages: list[Passage]) -> list[int]:
    if not passages:
        return unsigned(lines, 0, len(lines))
    edges = [0, *(passage.end for passage in passages)]
    starts = [*(passage.start for passage in passages), len(lines)]
    texts = [unsigned(lines, edges[0], starts[0])]
    texts += [_between(lines, edges[n], starts[n]) for n in range(1, len(passages))]
    texts.append(unsigned(lines, edges[-1], starts[-1]))
    last = max((n for n, text in enumerate(texts) if text), default=0)
    if last == 0:
        return texts[0]
    cut = next((n for n in range(last, len(passages)) if passages[n].introduced), len(passages))
    answer = unsigned(lines, edges[cut], starts[cut])
    if cut == last and not any(texts[:last]) and not passages[0].by_hand:
        return answer
    first = passages[0].start
    gap = range(first - 1, first) if texts[0] and not lines[first - 1].text else range(0)
    return [*texts[0], *gap, *range(first, edges[cut]), *answer]


def _between(lines: list[Line], start: int, end: int) -> list[int]:
    """Text between two passages; here «--» may have been typed, so what is below it counts."""
    return [at for at in range(start, end) if _is_text(lines[at])]


def _is_text(line: Line) -> bool:
    if not line.text or line.mark == SIGNATURE:
        return False
    return not (is_delimiter(line.text) or is_sent_from(line.text))


def unsigned(lines: list[Line], start: int, end: int) -> list[int]:
    """The lines of a text without the signature a program put below it."""
    kept: list[int] = []
    typed = False
    for at in range(start, end):
        if not typed and is_delimiter(lines[at].text):
            typed = is_typed(line.text for line in lines[at + 1 : end] if line.mark != SIGNATURE)
            if not typed:
                break
        if lines[at].mark != SIGNATURE:
            kept.append(at)
    while kept and (not lines[kept[-1]].text or is_sent_from(lines[kept[-1]].text)):
        kept.pop()
    return kept
