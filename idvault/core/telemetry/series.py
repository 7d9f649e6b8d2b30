"""Counters, gauges and histograms of this process, which Prometheus reads as families.

Set on the event loop, read by the metrics server's thread: items are copied before they are read, because the
event loop may add one meanwhile. The library's own objects take ten times as long for a call (docs/adr/0057).
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_Key = TypeVar("_Key", bound=str | tuple[str, ...])
_LABELS = (*(str(bound) for bound in _BOUNDS), "+Inf")


@dataclass(eq=False)
class Counter:
    """A number for each combination of labels; one without labels is shown as 0 from the start."""

    name: str
    text: str
    labels: tuple[str, ...] = ()
    _values: dict[tuple[str, ...], int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Show what has no labels."""
        if not self.labels:
            self.expect()

    def add(self, *labels: str) -> None:
        """Count one."""
        self._values[labels] = self._values.get(labels, 0) + 1

    def expect(self, *labels: str) -> None:
        """Show a combination as 0 before it occurs: no alert sees a series that begins at 1."""
        self._values.setdefault(labels, 0)

    def family(self) -> Metric:
        """Return the values as Prometheus has them."""
        family = CounterMetricFamily(self.name, self.text, labels=self.labels)
        for labels, value in list(self._values.items()):
            family.add_metric(labels, value)
        return family


@dataclass(eq=False)
class Gauge:
    """A value for each combination of labels; shown only by a process that sets it."""

    name: str
    text: str
    labels: tuple[str, ...] = ()
    _values: dict[tuple[str, ...], float] = field(default_factory=dict, init=False)

    def set(self, value: float, *labels: str) -> None:
        """Set the value of one combination."""
        self._values[labels] = value

    def set_all(self, values: Mapping[_Key, float]) -> None:
        """Set every value; what is not given is not shown any more. A key is a label, or all of them."""
        self._values = {(key,) if isinstance(key, str) else key: value for key, value in values.items()}

    def family(self) -> Metric:
        """Return the values as Prometheus has them."""
        family = GaugeMetricFamily(self.name, self.text, labels=self.labels)
        for labels, value in list(self._values.items()):
            family.add_metric(labels, value)
        return family


class _Durations:
    """Durations in seconds, counted in buckets."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * len(_LABELS)
        self.total = 0.0

    def cumulative(self) -> list[tuple[str, float]]:
        """Return each bucket's upper bound with the number of durations at or below it."""
        running, buckets = 0, []
        for label, count in zip(_LABELS, self.counts, strict=True):
            running += count
            buckets.append((label, float(running)))
        return buckets


@dataclass(eq=False)
class Histogram:
    """Durations in seconds for each combination of labels; one without labels is shown from the start."""

    name: str
    text: str
    labels: tuple[str, ...] = ()
    _values: dict[tuple[str, ...], _Durations] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Show what has no labels."""
        if not self.labels:
            self._values[()] = _Durations()

    def observe(self, seconds: float, *labels: str) -> None:
        """Count one duration."""
        buckets = self._values.get(labels)
        if buckets is None:
            buckets = self._values[labels] = _Durations()
        buckets.counts[bisect_left(_BOUNDS, seconds)] += 1
        buckets.total += seconds

    def family(self) -> Metric:
        """Return the values as Prometheus has them."""
        family = HistogramMetricFamily(self.name, self.text, labels=self.labels)
        for labels, buckets in list(self._values.items()):
            family.add_metric(labels, buckets.cumulative(), buckets.total)
        return family


def families(metrics: object) -> Iterator[Metric]:
    """Yield the families of an object's series, in the order in which it declares them."""
    for each in vars(metrics).values():
        if isinstance(each, Counter | Gauge | Histogram):
            yield each.family()
