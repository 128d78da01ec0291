"""The outbox: what the store does with what is owed to Flex. What becomes of a delivery: `deliver`, `to_flex`."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from middleware.relay.errors import AskRefused
from middleware.relay.model import (
    AskId,
    Chat,
    ChatId,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Message,
    MessageId,
    Receipt,
    VisitorId,
)
from middleware.relay.values import value


@value(frozen=True, slots=True)
class Words:
    """What a visitor wants to say; `ask` is the same however often it is asked."""

    ask: AskId
    text: str


@value(frozen=True, slots=True)
class Saying:
    """What one visitor says together; what is owed by it may be claimed `until` then (None: it may not)."""

    visitor: VisitorId
    words: Sequence[Words]
    at: float
    until: float | None


@value(frozen=True, slots=True)
class Written:
    """What was written of a saying: these messages, in the chat as it was before.

    `otherwise` says for each of its words which message it made, now or earlier, or why none (None: each made its own).
    `claimed` are their deliveries, if they are claimed, each to be made when those before it are. `behind` is the
    delivery, claimed too, that the first of them stands behind; None if it is the head.
    """

    chat: Chat | None
    messages: Sequence[Message]
    claimed: Sequence[Delivery] = ()
    behind: DeliveryId | None = None
    otherwise: Sequence[Message | AskRefused] | None = None

    @property
    def answers(self) -> Sequence[Message | AskRefused]:
        """For each of its words the message it made, or why none."""
        return self.messages if self.otherwise is None else self.otherwise


@value(frozen=True, slots=True)
class Sent:
    """A claimed `say` that Flex has taken; the next of its chat may be claimed `until` then (None: it may not)."""

    delivery: Delivery
    receipt: Receipt
    until: float | None


class Onward(NamedTuple):
    """What stands behind a finished delivery: the next, claimed with it; `more`: there may be one that nobody has."""

    next: Delivery | None = None
    more: bool = False


class Outbox(Protocol):
    """What is written of deliveries."""

    async def owe(
        self,
        chat: ChatId,
        kind: DeliveryKind,
        *,
        due: float,
        until: float | None = None,
        message: MessageId | None = None,
    ) -> DeliveryId | None:
        """Add a delivery behind the others of its chat; it can be claimed from `due`, and when it is the head.

        With `until`, and as the head, it is claimed in this same breath, for the first time: then its id is given back.
        """

    async def say_plain(self, sayings: Sequence[Saying]) -> Sequence[Written | None]:
        """Add the messages of sayings and owe them to Flex, many at once. A short cut: it may leave any, and says so.

        None, and nothing is written, for one that is not plain: its visitor has no open chat, an ask of it has made a
        message already, or this store has no short cut. What a claimed one stands behind is claimed by this node.
        """

    async def settle_plain(self, sent: Sequence[Sent], *, now: float) -> Sequence[Onward | None]:
        """Finish deliveries whose receipts are just what is waited for, many at once; a short cut as well.

        Each message is sent, and its chat waits for the index behind it. None, and nothing is written, for one that is
        not plain: its receipt is out of turn, its message known to be sent, events of its chat are held, or the
        delivery was finished or claimed again.
        """

    async def claim(self, *, now: float, until: float, limit: int) -> list[Delivery]:
        """Lease, until then, the due heads of at most `limit` chats, longest due first.

        A delivery claimed before and neither settled nor postponed comes back `unsure`. `attempts` tells one claim of a
        delivery from another.
        """

    async def settle(self, delivery: DeliveryId, *, now: float) -> None:
        """Finish the delivery, whoever has claimed it: Flex has what it owes. Unknown or finished: nothing.

        The next of its chat becomes the head, due now or at its own later time; it stays claimed if it is.
        """

    async def finish(self, claimed: Delivery, *, now: float) -> bool:
        """Settle the delivery by this claim of it.

        False, and nothing, if it is finished or was claimed again meanwhile: it is another's by now.
        """

    async def finish_and_claim(self, claimed: Delivery, *, now: float, until: float) -> Onward:
        """The same, and claim the next of its chat, if that is due. There may be more: the next is not due, or somebody
        else has settled this delivery, and the next is nobody's.
        """

    async def postpone(self, claimed: Delivery, *, due: float, unsure: bool) -> bool:
        """Give the claim back, to be claimed again from `due`.

        False, and nothing, if it is finished, given back, or was claimed again meanwhile.
        """

    async def give_back_behind(self, claimed: Delivery, *, due: float, but: Collection[DeliveryId] = ()) -> None:
        """Give back what is claimed of the chat behind this delivery, but for these; none of it was begun."""

    async def bury(self, claimed: Delivery, *, reason: str, now: float) -> bool:
        """Give the delivery up, keep it and the reason on record; the next of its chat becomes the head.

        False, and nothing, if it is finished or was claimed again meanwhile.
        """

    async def owed_for(self, message: MessageId) -> DeliveryId | None:
        """The unfinished delivery of this message."""

    async def owed_to(self, chat: ChatId) -> list[Delivery]:
        """Every unfinished delivery of the chat, in order, as it stands; a claimed one counts as unsure."""

    async def release_claims(self, *, now: float, but: Collection[DeliveryId] = ()) -> int:
        """Make every claim of this node, but for these, due now and unsure: nobody has them in hand any more. How many.

        Claims of other nodes stay.
        """
