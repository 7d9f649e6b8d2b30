"""Makes Prometheus families of plain counters and buckets.

Called by the metrics server's thread: items are copied before they are read, because the event loop may add
one meanwhile.
"""

from bisect import bisect_left
from collections.abc import Mapping
from typing import TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LABELS = (*(str(bound) for bound in _BOUNDS), "+Inf")
_Key = TypeVar("_Key", bound=tuple[str, ...])


class Histogram:
    """Durations in seconds, counted in buckets."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        """Start at zero."""
        self.counts = [0] * len(_LABELS)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        self.counts[bisect_left(_BOUNDS, seconds)] += 1
        self.total += seconds

    def cumulative(self) -> list[tuple[str, float]]:
        """Return each bucket's upper bound with the number of durations at or below it."""
        running, buckets = 0, []
        for label, count in zip(_LABELS, self.counts, strict=True):
            running += count
            buckets.append((label, float(running)))
        return buckets


def observe(histograms: dict[str, Histogram], key: str, seconds: float) -> None:
    """Count one duration under a key."""
    histogram = histograms.get(key)
    if histogram is None:
        histogram = histograms[key] = Histogram()
    histogram.observe(seconds)


def counter(name: str, text: str, labels: tuple[str, ...], counts: Mapping[_Key, int]) -> Metric:
    """Return a counter of several labelled values."""
    family = CounterMetricFamily(name, text, labels=labels)
    for key, count in list(counts.items()):
        family.add_metric(key, count)
    return family


def gauge(name: str, text: str, value: float | None) -> Metric:
    """Return a gauge; without a value it is not shown."""
    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric((), value)
    return family


def histogram(name: str, text: str, labels: tuple[str, ...], histograms: dict[str, Histogram]) -> Metric:
    """Return the histograms of one metric, by the value of its label."""
    family = HistogramMetricFamily(name, text, labels=labels)
    for key, each in list(histograms.items()):
        family.add_metric((key,), each.cumulative(), each.total)
    return family


def one_histogram(name: str, text: str, histogram: Histogram) -> Metric:
    """Return a histogram without a label."""
    family = HistogramMetricFamily(name, text)
    family.add_metric((), histogram.cumulative(), histogram.total)
    return family


def labelled_gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    """Return a gauge with a value for each value of its label."""
    family = GaugeMetricFamily(name, text, labels=(label,))
    for key, value in list(values.items()):
        family.add_metric((key,), value)
    return family
