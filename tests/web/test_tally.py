"""Our counters tell what the library's own would."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric

from middleware.web.tally import Counts, Times

BOUNDS = (0.01, 0.5, 1, 30)
seconds = st.lists(st.sampled_from([*BOUNDS, 0.0, 0.009, 0.02, 0.75, 29.99, 31.0, 1e9]), max_size=20)


def samples(families: Sequence[Metric]) -> set[tuple[str, tuple[tuple[str, str], ...], float]]:
    """All but when the library's counter was made."""
    return {
        (sample.name, tuple(sample.labels.items()), sample.value)
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


@given(seconds)
def test_a_histogram_is_prometheuss(observed: list[float]) -> None:
    """A time that is just a bound's belongs below it (`le`), and each bucket holds all below."""
    registry = CollectorRegistry()
    theirs = Histogram("h", "h", buckets=BOUNDS, registry=registry)
    ours = Times("h", "h", bounds=BOUNDS)
    for time in observed:
        theirs.observe(time)
        ours.add(time)
    assert samples([*registry.collect()]) == samples([ours.family()])


def test_a_counter_is_prometheuss() -> None:
    """And what has not happened yet is told as 0, or a rate could not see the first."""
    registry = CollectorRegistry()
    theirs = Counter("c", "c", ["kind", "end"], registry=registry)
    ours = Counts("c", "c", labels=("kind", "end"), keys=[("say", "again")])
    theirs.labels("say", "again")
    assert samples([*registry.collect()]) == samples([ours.family()])
    ours.add("say", "again", count=3)
    ours.add("new", "one")
    theirs.labels("say", "again").inc(3)
    theirs.labels("new", "one").inc()
    assert samples([*registry.collect()]) == samples([ours.family()])
