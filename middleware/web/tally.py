"""Counters that cost a tenth of a microsecond: plain numbers, put into Prometheus's form when somebody asks.

The event loop's thread alone counts and reads, so they need no lock.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily


class Counts:
    """How often each thing has happened; `labels` tell one from another, `keys` are there from the start."""

    def __init__(
        self, name: str, about: str, *, labels: Sequence[str] = (), keys: Iterable[tuple[str, ...]] = ((),)
    ) -> None:
        self._name, self._about, self._labels = name, about, labels
        self._counts = dict.fromkeys(keys, 0)

    def add(self, *key: str, count: int = 1) -> None:
        """It has happened so many times more."""
        self._counts[key] = self._counts.get(key, 0) + count

    def family(self) -> CounterMetricFamily:
        """As Prometheus has it."""
        family = CounterMetricFamily(self._name, self._about, labels=self._labels)
        for key, count in self._counts.items():
            family.add_metric(key, count)
        return family


class Times:
    """How long something took, in seconds, by buckets up to each of these bounds."""

    def __init__(self, name: str, about: str, *, bounds: Sequence[float]) -> None:
        self._name, self._about, self._bounds = name, about, bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """It took so long."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def family(self) -> HistogramMetricFamily:
        """As Prometheus has it: each bucket holds all that are below it."""
        buckets, below = [], 0
        for bound, count in zip((*self._bounds, float("inf")), self._counts, strict=True):
            below += count
            buckets.append(("+Inf" if bound == float("inf") else str(float(bound)), below))
        return HistogramMetricFamily(self._name, self._about, buckets=buckets, sum_value=self._sum)
