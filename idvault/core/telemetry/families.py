"""Makes Prometheus families of the values of a process's vitals."""

from collections.abc import Mapping

from prometheus_client.core import GaugeMetricFamily, Metric


def gauge(name: str, text: str, value: float | None) -> Metric:
    """Return a gauge; without a value it is not shown."""
    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric((), value)
    return family


def labelled_gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    """Return a gauge with a value for each value of its label."""
    family = GaugeMetricFamily(name, text, labels=(label,))
    for key, value in list(values.items()):
        family.add_metric((key,), value)
    return family
