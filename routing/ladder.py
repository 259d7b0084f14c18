"""What a contact needs at its rung of its queue's ladder, and when it comes to the next one."""

from __future__ import annotations

from routing.model import Needs, QueueState, Rung, WorkState

TO_QUEUE = "queue:"


def needed(queue: QueueState, own: Needs, rung: int) -> tuple[Needs, bool]:
    """What is asked for at a rung, and whether of members only.

    At the bottom the higher of what the queue and the contact ask. Further up what the rung asks;
    the contact's own needs stay, but for those the ladder drops or has lowered below its bottom.
    """
    wanted = dict(own)
    if rung <= 0 or not queue.ladder:
        for skill, level in queue.needs:
            wanted[skill] = max(level, wanted.get(skill, 0))
        return tuple(sorted(wanted.items())), queue.members_only
    step = queue.ladder[min(rung, len(queue.ladder)) - 1]
    asked = dict(step.needs)
    lowered = {skill for skill, level in queue.needs if asked.get(skill, 0) < level}
    for skill in lowered.union(step.drop):
        wanted.pop(skill, None)
    for skill, level in asked.items():
        wanted[skill] = max(level, wanted.get(skill, 0))
    return tuple(sorted(wanted.items())), queue.members_only and not step.everyone


def carries(target: str, medium: str) -> bool:
    """Whether a way out of the line is one for this medium.

    Calls go to voicemail, what is read as it is written to a form or a bot; a letter waits.
    """
    return medium == "voice" if target == "voicemail" else medium not in ("voice", "mail")


def barred(work: WorkState, target: str) -> bool:
    """Whether it must not overflow there: it came back from outside, or its medium cannot."""
    if target.startswith(TO_QUEUE):
        return False
    return work.stays or not carries(target, work.medium)


def next_rung(queue: QueueState, work: WorkState) -> tuple[int, Rung] | None:
    """(due, the rung above): when a waiting contact comes to it. None at the top."""
    if work.rung >= len(queue.ladder):
        return None
    step = queue.ladder[work.rung]
    if step.overflow is not None and barred(work, step.overflow):
        return None
    since = work.arrived_ms if work.queued_ms is None else work.queued_ms
    if work.not_before_ms is not None and work.not_before_ms > since:
        since = work.not_before_ms
    return since + 1000 * step.after_seconds, step


def weaker(below: Rung, above: Rung, bottom: Needs) -> str | None:
    """Why the rung above is not weaker than the one below; None when it is.

    `bottom`: what the queue asks for. Of a skill that the rung below drops, what a contact itself
    asks must not come back: the rung above drops it too, or asks for less than the queue does.
    """
    if above.after_seconds <= below.after_seconds:
        return f"is reached after {above.after_seconds} s, not later than the rung before it"
    if above.overflow is not None:
        return None
    before, now = dict(below.needs), dict(above.needs)
    for skill, level in above.needs:
        if level > before.get(skill, 0):
            return f"asks for {skill} {level}, the rung before it for {before.get(skill, 0)}"
    lowered = {skill for skill, level in bottom if now.get(skill, 0) < level}
    missing = set(below.drop) - set(above.drop) - lowered
    if missing:
        return f"asks for {min(missing)} again, which the rung before it drops"
    if below.everyone and not above.everyone:
        return "is for members only, the rung before it for everyone"
    return None
