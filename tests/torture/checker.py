"""Judges a history: what was lost, doubled, disordered or leaked."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.torture.history import (
    Acked,
    AgentChanged,
    AgentSaid,
    Asked,
    AtFlex,
    Changed,
    Deed,
    Left,
    Opened,
    PageId,
    Status,
    Tag,
    Told,
    name_of,
    number_of,
    owner_of,
)

Place = tuple[str, int]


@dataclass(slots=True)
class Verdict:
    """How many promises were broken, each with its story; `messages` were promised.

    `pending` are messages whose visitor was never told that they were sent or failed. `refused` were told as failed,
    `overlaps` were told again where a page may be told again (an answer, a catch-up): neither breaks a promise.
    """

    messages: int = 0
    refused: int = 0
    overlaps: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.doubled or self.disordered or self.leaked or self.pending)

    @property
    def settled(self) -> bool:
        """Whether nothing is missing any more."""
        return not (self.lost or self.pending)

    def stories(self, most: int = 5) -> list[str]:
        """The first few of each kind."""
        kinds = ("lost", "doubled", "disordered", "leaked", "pending")
        return [f"{kind}: {story[:160]}" for kind in kinds for story in getattr(self, kind)[:most]]


def check(history: Iterable[Deed]) -> Verdict:
    """The verdict on a whole history."""
    book = _Book(history)
    verdict = Verdict(messages=len(book.acked) + len(book.agents), refused=len(book.failed))
    _check_flex(book, verdict)
    _check_channels(book, verdict)
    acked, agents = book.by_visitor()
    for page in book.pages.values():
        _check_page(page, acked=acked[page.visitor], agents=agents[page.visitor], verdict=verdict)
        _check_wordings(page, agents[page.visitor], wordings=book.wordings, verdict=verdict)
    return verdict


@dataclass(slots=True)
class _Page:
    id: PageId
    visitor: Tag
    left: bool = False
    view: dict[Place, str] = field(default_factory=dict)
    status: dict[Place, str] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    shown: dict[Place, str | None] = field(default_factory=dict)


class _Book:
    """The history, sorted by what it is about."""

    def __init__(self, history: Iterable[Deed]) -> None:
        self.asked: list[Asked] = []
        self.acked: dict[str, Acked] = {}
        self.owners: dict[str, Tag] = {}
        self.agents: list[AgentSaid] = []
        self.wordings: dict[str, str | None] = {}
        self.at_flex: list[AtFlex] = []
        self.failed: set[Place] = set()
        self.pages: dict[PageId, _Page] = {}
        self.contradictions: list[str] = []
        for deed in history:
            self._enter(deed)

    def _enter(self, deed: Deed) -> None:
        match deed:
            case Asked():
                self.asked.append(deed)
            case Acked():
                self._enter_acked(deed)
            case Opened():
                self.owners[deed.chat] = deed.visitor
            case AgentSaid():
                self.agents.append(deed)
                self.wordings[name_of(deed.text)] = deed.text
            case AgentChanged():
                self.wordings[name_of(deed.text)] = deed.wording
            case AtFlex():
                self.at_flex.append(deed)
            case _:
                self._enter_page(deed)

    def _enter_page(self, deed: Told | Changed | Status | Left) -> None:
        match deed:
            case Told():
                page = self._page(deed.page, deed.visitor)
                page.told.append(deed)
                page.shown[deed.chat, deed.seq] = deed.text
            case Changed():
                self._page(deed.page, deed.visitor).shown[deed.chat, deed.seq] = deed.text
            case Status():
                self._enter_status(deed)
            case Left():
                self._page(deed.page, deed.visitor).left = True

    def by_visitor(self) -> tuple[dict[Tag, list[Acked]], dict[Tag, list[AgentSaid]]]:
        """What each visitor was promised: their own texts, and what agents said to them."""
        acked: dict[Tag, list[Acked]] = defaultdict(list)
        agents: dict[Tag, list[AgentSaid]] = defaultdict(list)
        for own in self.acked.values():
            acked[own.visitor].append(own)
        for said in self.agents:
            agents[self.owners.get(said.chat, Tag(""))].append(said)
        return acked, agents

    def _page(self, page: PageId, visitor: Tag) -> _Page:
        return self.pages.setdefault(page, _Page(page, visitor))

    def _enter_acked(self, deed: Acked) -> None:
        before = self.acked.setdefault(deed.text, deed)
        if (before.chat, before.seq) != (deed.chat, deed.seq):
            self.contradictions.append(f"{deed.text} was acknowledged as {before.seq} and as {deed.seq}")
        self.owners[deed.chat] = deed.visitor
        self._page(deed.page, deed.visitor).view[deed.chat, deed.seq] = deed.text

    def _enter_status(self, deed: Status) -> None:
        place = (deed.chat, deed.seq)
        self._page(deed.page, deed.visitor).status[place] = deed.status
        if deed.status == "failed":
            self.failed.add(place)


def _check_flex(book: _Book, verdict: Verdict) -> None:
    """Acknowledged: once. Not acknowledged, or told as failed: once at most."""
    copies = Counter(found.text for found in book.at_flex)
    verdict.doubled += book.contradictions
    for asked in book.asked:
        count, acked = copies[asked.text], book.acked.get(asked.text)
        if count > 1:
            verdict.doubled.append(f"{asked.text} lies {count} times at Flex")
        if count == 0 and acked is not None and (acked.chat, acked.seq) not in book.failed:
            verdict.lost.append(f"{asked.text} was acknowledged as {acked.seq} and is not at Flex")


def _check_channels(book: _Book, verdict: Verdict) -> None:
    """In each channel: its visitor's texts only, in the order they were asked."""
    channels: dict[str, list[AtFlex]] = defaultdict(list)
    for found in book.at_flex:
        channels[found.chat].append(found)
    for chat, texts in channels.items():
        texts.sort(key=lambda found: found.index)
        owner = book.owners.get(chat, owner_of(texts[0].text))
        strange = [found.text for found in texts if owner_of(found.text) != owner]
        verdict.leaked += [f"{text} lies in the channel of {owner}" for text in strange]
        verdict.disordered += _descents([found.text for found in texts], where="Flex")
        for found in texts:
            acked = book.acked.get(found.text)
            if acked is not None and acked.chat != chat:
                verdict.disordered.append(f"{found.text} was acknowledged for another chat")
    _check_places(book, verdict)


def _check_places(book: _Book, verdict: Verdict) -> None:
    """The places acknowledged are in the order asked."""
    chats: dict[str, list[Acked]] = defaultdict(list)
    for acked in book.acked.values():
        chats[acked.chat].append(acked)
    for places in chats.values():
        ordered = [acked.text for acked in sorted(places, key=lambda acked: acked.seq)]
        verdict.disordered += _descents(ordered, where="the places acknowledged")


def _descents(texts: Sequence[str], *, where: str) -> list[str]:
    """Neighbours in the wrong order; the same text again is another fault's matter."""
    return [
        f"{later} stands behind {earlier} in {where}"
        for earlier, later in pairwise(texts)
        if number_of(later) < number_of(earlier) and owner_of(later) == owner_of(earlier)
    ]


def _check_page(page: _Page, *, acked: Sequence[Acked], agents: Sequence[AgentSaid], verdict: Verdict) -> None:
    _check_telling(page, verdict)
    seen = Counter(page.view.values())
    verdict.doubled += [f"{text} stands {count} times on page {page.id}" for text, count in seen.items() if count > 1]
    _check_order(page, agents, verdict)
    if page.left:
        return
    for own in acked:
        _check_own(page, own, verdict)


def _check_wordings(
    page: _Page, agents: Sequence[AgentSaid], *, wordings: Mapping[str, str | None], verdict: Verdict
) -> None:
    """In the end a page shows every text as it reads at Flex, and none that was taken back."""
    if page.left:
        return
    shown = {page.view[place]: text for place, text in page.shown.items() if place in page.view}
    for said in agents:
        name = name_of(said.text)
        wording = wordings[name]
        if wording is None and shown.get(name) is not None:
            verdict.lost.append(f"page {page.id} still shows {shown[name]}, which was taken back")
        if wording is not None and shown.get(name) != wording:
            verdict.lost.append(f"{wording} never came to page {page.id}, which shows {shown.get(name)}")


def _check_own(page: _Page, acked: Acked, verdict: Verdict) -> None:
    place = (acked.chat, acked.seq)
    if place not in page.view:
        verdict.lost.append(f"{acked.text}, the visitor's own, never came to page {page.id}")
    elif page.status.get(place, "sending") == "sending":
        verdict.pending.append(f"page {page.id} was not told what became of {acked.text}")


def _check_telling(page: _Page, verdict: Verdict) -> None:
    """Nothing foreign; one text for a place; as `said`, each place once a socket and in order."""
    said: dict[tuple[int, str], int] = {}
    known: set[tuple[int, str, int]] = set()
    for told in page.told:
        place = (told.chat, told.seq)
        if owner_of(told.text) != page.visitor:
            verdict.leaked.append(f"{told.text} was told to page {page.id}")
        if page.view.setdefault(place, name_of(told.text)) != name_of(told.text):
            verdict.disordered.append(f"page {page.id} was told {told.text} where {page.view[place]} stood")
        key = (told.socket, told.chat, told.seq)
        if told.news == "said":
            last = said.get(key[:2], 0)
            if key in known:
                verdict.doubled.append(f"socket {told.socket} of page {page.id} was told seq {told.seq} again as news")
            elif told.seq < last:
                verdict.disordered.append(f"socket {told.socket} of page {page.id} was told {told.seq} after {last}")
            said[key[:2]] = max(told.seq, last)
        elif key in known:
            verdict.overlaps += 1
        known.add(key)


def _check_order(page: _Page, agents: Sequence[AgentSaid], verdict: Verdict) -> None:
    """On the page, agents' texts stand in the order of Flex's own index."""
    index = {name_of(said.text): said.index for said in agents}
    chats: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for (chat, seq), text in page.view.items():
        if text in index:
            chats[chat].append((seq, text))
    for places in chats.values():
        texts = [text for _, text in sorted(places)]
        for earlier, later in pairwise(texts):
            if index[later] < index[earlier]:
                verdict.disordered.append(f"{later} stands behind {earlier} on page {page.id}")
