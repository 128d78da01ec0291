"""What follows a failed delivery."""

from hypothesis import given
from hypothesis import strategies as st

from middleware.relay.decide import Again, Bury, Pace, decide
from middleware.relay.errors import ChatGone, FlexError, NotSent, OutcomeUnknown, Refused

PACE = Pace(backoff_first=1.0, backoff_most=30.0, attempts=10)
jitters = st.floats(0, 1, exclude_max=True)
attempts = st.integers(1, 9)


def test_a_refusal_is_buried_at_once() -> None:
    """Asking again would get the same answer while the visitor waits."""
    assert Bury("400: too long") == decide(
        Refused("400: too long"), attempts=1, doubt=False, now=0, jitter=0, pace=PACE
    )


def test_a_chat_that_is_gone_is_a_refusal() -> None:
    """There is nobody left to ask."""
    assert Bury("404") == decide(ChatGone("404"), attempts=1, doubt=False, now=0, jitter=0, pace=PACE)


def test_what_flex_did_not_take_is_simply_sent_again() -> None:
    """429 means it was not processed, so no look is needed."""
    assert Again(100.5, unsure=False) == decide(NotSent("429"), attempts=1, doubt=False, now=100, jitter=0, pace=PACE)


def test_what_flex_may_have_taken_is_looked_for_first() -> None:
    """A second copy would be said twice."""
    assert Again(100.5, unsure=True) == decide(
        OutcomeUnknown("502"), attempts=1, doubt=False, now=100, jitter=0, pace=PACE
    )


def test_retry_after_is_honoured_beyond_our_longest_wait() -> None:
    """Twilio knows best when it will listen again."""
    error = NotSent("429", retry_after=90)
    assert Again(190, unsure=False) == decide(error, attempts=1, doubt=False, now=100, jitter=0, pace=PACE)


def test_a_short_retry_after_does_not_undercut_the_back_off() -> None:
    """`Retry-After: 0` at every answer must not make a storm."""
    error = NotSent("429", retry_after=0)
    assert Again(108, unsure=False) == decide(error, attempts=5, doubt=False, now=100, jitter=0, pace=PACE)


def test_after_the_last_attempt_it_is_buried() -> None:
    """The visitor is told, rather than left waiting for ever."""
    buried = decide(OutcomeUnknown("502"), attempts=10, doubt=False, now=0, jitter=0, pace=PACE)
    assert Bury("gave up after 10 attempts: 502") == buried


def test_a_doubt_outlives_an_answer_that_does_not_clear_it() -> None:
    """The look itself was turned away: whether the message is there is as unknown as before."""
    decision = decide(NotSent("429"), attempts=2, doubt=True, now=0, jitter=1, pace=PACE)
    assert Again(2, unsure=True) == decision


def test_a_doubt_is_not_buried_with_a_refused_look() -> None:
    """The message may have arrived; telling the visitor it failed would have them say it twice."""
    decision = decide(Refused("400"), attempts=2, doubt=True, now=0, jitter=1, pace=PACE)
    assert Again(2, unsure=True) == decision


def test_a_chat_that_is_gone_is_beyond_doubt() -> None:
    """Nobody can look there any more."""
    assert Bury("404") == decide(ChatGone("404"), attempts=2, doubt=True, now=0, jitter=1, pace=PACE)


@given(attempts=attempts, jitter=jitters, now=st.floats(0, 2e9))
def test_the_wait_stays_between_half_and_all_of_the_back_off(attempts: int, jitter: float, now: float) -> None:
    """Jitter spreads a thundering herd without ever retrying at once."""
    decision = decide(OutcomeUnknown("502"), attempts=attempts, doubt=False, now=now, jitter=jitter, pace=PACE)
    assert isinstance(decision, Again)
    whole = min(30.0, 2.0 ** (attempts - 1))
    assert whole / 2 - 1e-6 <= decision.at - now <= whole + 1e-6


@given(error=st.sampled_from([NotSent("x"), OutcomeUnknown("x")]), attempts=st.integers(1, 10**6), jitter=jitters)
def test_no_number_of_attempts_breaks_it(error: FlexError, attempts: int, jitter: float) -> None:
    """The power of two must not overflow."""
    decide(error, attempts=attempts, doubt=False, now=0, jitter=jitter, pace=Pace(attempts=10**9))


def test_an_outage_is_outlived_and_its_end_is_noticed_soon() -> None:
    """Ten seconds after Flex is back nothing waits any more, and twenty minutes of outage bury nothing."""
    pace, waited = Pace(), 0.0
    for attempt in range(1, pace.attempts):
        decision = decide(OutcomeUnknown("503"), attempts=attempt, doubt=False, now=0, jitter=0.5, pace=pace)
        assert isinstance(decision, Again)
        assert decision.at <= 10
        waited += decision.at
    assert waited >= 20 * 60
