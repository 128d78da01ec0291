"""The judge is judged first: made-up histories it must accept, and those it must reject."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.torture.checker import check
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
    write_lines,
)

ADA, BOB = Tag("ada"), Tag("bob")
PAGE = PageId("ada/1")


def asked(*texts: str) -> list[Deed]:
    return [Asked(ADA, text) for text in texts]


def acked(text: str, seq: int, *, chat: str = "c") -> Deed:
    return Acked(ADA, PAGE, text, chat, seq)


def sent(seq: int) -> Deed:
    return Status(ADA, PAGE, "c", seq, "sent")


def told(text: str, seq: int, *, news: str = "said", socket: int = 1, page: PageId = PAGE) -> Deed:
    return Told(ADA, page, socket, news, "c", seq, text)


GOOD: list[Deed] = [
    Opened(ADA, "c"),
    *asked("ada:v1", "ada:v2", "ada:v3"),
    acked("ada:v1", 1),
    AgentSaid("c", 1, "ada:a1"),
    told("ada:a1", 2),
    acked("ada:v2", 3),
    sent(1),
    sent(3),
    AgentSaid("c", 3, "ada:a2"),
    told("ada:a1", 2, news="opened", socket=2),
    told("ada:a2", 4, socket=2),
    AtFlex("c", 0, "ada:v1"),
    AtFlex("c", 2, "ada:v2"),
]
"""Two texts acknowledged, a third whose acknowledgement never came, two answers, a reconnection that overlaps."""


def without(deed: Deed) -> list[Deed]:
    assert deed in GOOD
    return [kept for kept in GOOD if kept != deed]


def faults(history: Sequence[Deed]) -> set[str]:
    verdict = check(history)
    return {kind for kind in ("lost", "doubled", "disordered", "leaked", "pending") if getattr(verdict, kind)}


def test_a_good_history_is_accepted() -> None:
    """Every promise kept: four messages, none missing; the overlap is counted, not blamed."""
    verdict = check([*GOOD, told("ada:a2", 4, news="answer", socket=2)])
    assert verdict.clean
    assert (4, 1) == (verdict.messages, verdict.overlaps)


@pytest.mark.parametrize("copies", [0, 1])
def test_a_text_without_acknowledgement_may_lie_at_flex_or_not(copies: int) -> None:
    """Its visitor does not know either."""
    assert set() == faults([*GOOD, *[AtFlex("c", 9, "ada:v3")] * copies])


@pytest.mark.parametrize("copies", [0, 1])
def test_a_text_told_as_failed_may_lie_at_flex_or_not(copies: int) -> None:
    """The visitor was told, and may say it again."""
    failed = [*without(AtFlex("c", 2, "ada:v2")), Status(ADA, PAGE, "c", 3, "failed")]
    assert set() == faults([*failed, *[AtFlex("c", 2, "ada:v2")] * copies])


def test_a_page_that_was_left_need_not_be_complete() -> None:
    """What came after it was closed came to nobody."""
    other = PageId("ada/2")
    assert set() == faults([*GOOD, told("ada:a1", 2, page=other), Left(ADA, other)])


def changed(text: str | None, seq: int) -> Deed:
    return Changed(ADA, PAGE, "c", seq, text)


def test_a_page_that_shows_what_flex_has_is_accepted() -> None:
    """Reworded twice, told once by a catch-up; taken back before it came, or after."""
    reworded: list[Deed] = [AgentChanged("c", "ada:a1", "ada:a1 w1"), AgentChanged("c", "ada:a1 w1", "ada:a1 w2")]
    history = [*GOOD, *reworded, changed("ada:a1 w2", 2), AgentChanged("c", "ada:a2", None), changed(None, 4)]
    assert set() == faults(history)
    never_seen: list[Deed] = [AgentSaid("c", 5, "ada:a3"), AgentChanged("c", "ada:a3", None)]
    assert set() == faults([*history, *never_seen])


REJECTED: dict[str, tuple[str, list[Deed]]] = {
    "an acknowledged text is not at Flex": ("lost", without(AtFlex("c", 2, "ada:v2"))),
    "an agent's text never came": ("lost", without(told("ada:a2", 4, socket=2))),
    "a page shows an older wording": (
        "lost",
        [*GOOD, AgentChanged("c", "ada:a1", "ada:a1 w1")],
    ),
    "a page was turned back to an older wording": (
        "lost",
        [*GOOD, AgentChanged("c", "ada:a1", "ada:a1 w1"), changed("ada:a1 w1", 2), changed("ada:a1", 2)],
    ),
    "a page shows what was taken back": ("lost", [*GOOD, AgentChanged("c", "ada:a2", None)]),
    "a page lost what was not taken back": ("lost", [*GOOD, changed(None, 2)]),
    "another page of the visitor lacks it": ("lost", [*GOOD, told("ada:a1", 2, page=PageId("ada/2"))]),
    "a text lies twice at Flex": ("doubled", [*GOOD, AtFlex("c", 4, "ada:v2")]),
    "an unacknowledged text lies twice at Flex": ("doubled", [*GOOD, *[AtFlex("c", 9, "ada:v3")] * 2]),
    "an agent's text took two places": ("doubled", [*GOOD, told("ada:a2", 5, socket=2)]),
    "one socket was told a place twice as news": ("doubled", [*GOOD, told("ada:a2", 4, socket=2)]),
    "one ask has two places": ("doubled", [*GOOD, acked("ada:v2", 5), sent(5)]),
    "Flex has them in another order": (
        "disordered",
        [*without(AtFlex("c", 0, "ada:v1")), AtFlex("c", 9, "ada:v1")],
    ),
    "places are in another order than asks": (
        "disordered",
        [*asked("ada:v1", "ada:v2"), acked("ada:v2", 1), acked("ada:v1", 2)],
    ),
    "agents' texts are in another order than at Flex": (
        "disordered",
        [*without(AgentSaid("c", 3, "ada:a2")), AgentSaid("c", 0, "ada:a2")],
    ),
    "a socket was told backwards": (
        "disordered",
        [*GOOD, told("ada:a2", 4, socket=3), told("ada:a1", 2, socket=3)],
    ),
    "a place changed its text": ("disordered", [*GOOD, told("ada:a2", 2, news="answer", socket=3)]),
    "a text lies in the wrong channel of its visitor": (
        "disordered",
        [*without(AtFlex("c", 2, "ada:v2")), AtFlex("d", 0, "ada:v2")],
    ),
    "a foreign text was told": ("leaked", [*GOOD, told("bob:a1", 5, socket=2)]),
    "a foreign text lies in the channel": ("leaked", [*GOOD, AtFlex("c", 4, "bob:v1")]),
    "the visitor does not know what became of a text": ("pending", without(sent(3))),
}


@pytest.mark.parametrize("what", REJECTED)
def test_a_broken_history_is_rejected(what: str) -> None:
    """A checker that accepts everything proves nothing."""
    fault, history = REJECTED[what]
    assert fault in faults(history)


def test_a_history_can_be_kept(tmp_path: Path) -> None:
    """One line of JSON a deed, for whoever wants to look for themselves."""
    write_lines(GOOD, tmp_path / "h.jsonl")
    assert len(GOOD) == len((tmp_path / "h.jsonl").read_text().splitlines())
