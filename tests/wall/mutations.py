"""Frames that were right once: strategies for the fuzz, and the same from plain dice for floods of millions."""

import random
from collections.abc import Callable, Sequence
from typing import TypeAlias

from hypothesis import strategies as st

Frame: TypeAlias = str | bytes

RIGHT = (
    "1",
    "3",
    "2probe",
    "5",
    "40/chat,{}",
    '40/chat,{"token":"x.y.z","chat":"c","after":3}',
    "40",
    "41/chat,",
    '42/chat,1["open",{"name":"Ada","context":{"page":"https://www.example.com/"}}]',
    '42/chat,2["say",{"ask_id":"5f0c","text":"Hello"}]',
    '42["chat message","Hello"]',
    '42/chat,3["resume",{"chat":"c","after":1}]',
    '42/chat,4["end",{}]',
    '42/chat,["connect",{},{"token":"x"}]',
    "43/chat,1[]",
    '44/chat,{"message":"x"}',
    '451-/chat,["say",{"_placeholder":true,"num":0}]',
    "461-/chat,1[]",
)

PARTS = (
    *'0149-,/[]{}":\\\x1e\x00²é😀',
    *("/chat,", "\\ud800", "null", "true", "NaN", "1e999", '"__proto__"', "_placeholder"),
    *("9" * 120, "[" * 2_000, '{"a":' * 500, "x" * 3_000),
)


def mutate(frame: str, dice: random.Random) -> Frame:
    """A few steps away from right."""
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        at, to = sorted((dice.randint(0, len(frame)), dice.randint(0, len(frame))))
        frame = dice.choice(_STEPS)(frame, at, to, dice)
    if dice.random() < 0.05:
        return frame.encode(errors="surrogatepass")
    return frame


def mutated(dice: random.Random) -> Frame:
    """One of the right ones, mutated."""
    return mutate(dice.choice(RIGHT), dice)


def programs(most: int) -> st.SearchStrategy[Sequence[Frame]]:
    """Streams of frames: right ones, mutated ones, and noise."""
    near = st.builds(mutate, st.sampled_from(RIGHT), st.randoms(use_true_random=False))
    noise = st.text(max_size=20) | st.binary(max_size=20)
    return st.lists(st.sampled_from(RIGHT) | near | near | noise, min_size=1, max_size=most)


_Step: TypeAlias = Callable[[str, int, int, random.Random], str]
_STEPS: tuple[_Step, ...] = (
    lambda frame, at, to, dice: frame[:at] + frame[to:],
    lambda frame, at, to, dice: frame[:at] + dice.choice(PARTS) + frame[at:],
    lambda frame, at, to, dice: frame[:at] + dice.choice(PARTS) + frame[to:],
    lambda frame, at, to, dice: frame[:at] + chr(dice.randrange(0x20, 0x250)) + frame[at + 1 :],
    lambda frame, at, to, dice: frame[:to] + frame[at:],
    lambda frame, at, to, dice: frame + dice.choice(RIGHT),
)
