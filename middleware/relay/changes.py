"""What a change at Flex makes of a message: pure functions. The newest wording wins, in whatever order they are told.

A webhook tells the time of a change to the millisecond. Flex's list tells the second only; a listed wording counts from
the end of its second, so that no webhook of that second turns it back.
"""

from collections.abc import Iterable
from dataclasses import replace
from math import floor
from typing import assert_never

from middleware.relay.model import Change, Draft, Edited, Message, Place, Reworded, Withdrawn


def changed(message: Message, change: Change, *, now: float) -> Message:
    """The message after the change; as it was, if it is known in a newer wording already, or gone."""
    if message.edited is Edited.WITHDRAWN or message.place is None:
        return message
    match change:
        case Withdrawn():
            return replace(message, text="", edited=Edited.WITHDRAWN)
        case Reworded():
            return message if _at(change, now) <= message.place.worded_at else _reworded(message, change, now=now)
        case _:
            assert_never(change)


def is_doubtful(message: Message, change: Change, *, now: float) -> bool:
    """Whether Flex's list must say which is newer: two wordings of one second, and this one was left aside."""
    if message.edited is Edited.WITHDRAWN or message.place is None or not isinstance(change, Reworded):
        return False
    same_second = floor(_at(change, now)) == floor(message.place.worded_at)
    return same_second and change.text != message.text


def compared(message: Message, listed: Reworded, *, began: float, now: float) -> Message:
    """The message after a look at Flex's list that began at that time of ours.

    What was learned since then may be newer than the list, although of the same second.
    """
    if message.edited is Edited.WITHDRAWN or message.place is None or listed.text == message.text:
        return message
    older = floor(_at(listed, now)) < floor(message.place.worded_at)
    return message if older or message.place.learned_at >= began else _reworded(message, listed, now=now)


def drafted(draft: Draft, changes: Iterable[Change], *, now: float) -> Draft | None:
    """The draft in the newest wording of these, so that the visitor never sees another; None if it was withdrawn."""
    place = draft.place or Place(0)
    for change in changes:
        if isinstance(change, Withdrawn):
            return None
        if _at(change, now) > place.worded_at:
            place = replace(place, worded_at=_at(change, now), learned_at=now)
            draft = replace(draft, text=change.text, place=place)
    return draft


def _reworded(message: Message, change: Reworded, *, now: float) -> Message:
    place = message.place and replace(message.place, worded_at=_at(change, now), learned_at=now)
    edited = message.edited if change.text == message.text else Edited.REWORDED
    return replace(message, text=change.text, edited=edited, place=place)


def _at(change: Reworded, now: float) -> float:
    return now if change.at is None else change.at
