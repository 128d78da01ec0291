"""Messages as they are written first: with an id of the store's own, and their place in the chat."""

import os
from collections.abc import Sequence

from middleware.relay.model import Draft, Message, MessageId


def message_of(draft: Draft, *, seq: int, dice: str) -> Message:
    """The draft with an id and its place in the chat."""
    return Message(
        message_id(draft.at, dice=dice),
        draft.chat,
        seq,
        draft.author,
        draft.text,
        draft.at,
        draft.status,
        draft.name,
        draft.ask,
        place=draft.place,
    )


def message_id(at: float, *, dice: str) -> MessageId:
    """32 hexadecimal digits nobody can guess, that begin with the time so that the newest lie together."""
    return MessageId(f"{int(at * 1000) & 0xFFFFFFFFFFFF:012x}{dice}")


def throw_dice(many: int) -> Sequence[str]:
    """So many times 20 hexadecimal digits of the system's dice; to ask them for all at once is cheaper."""
    thrown = os.urandom(10 * many).hex()
    return [thrown[at : at + 20] for at in range(0, len(thrown), 20)]
