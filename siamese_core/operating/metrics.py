"""Count requests and tell the state of the program at /metrics, in the text format of Prometheus.

Needs prometheus_client, the extra `metrics`; without it nothing is counted.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from siamese_core.errors import UserError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # upper bounds of the histogram's classes
COUNTS = {
    "images": "Images in the workspace.",
    "labels": "Answers that stand.",
    "corrections": "Answers that contradict at least one encoder.",
    "conflicts": "Pairs on which annotators disagree.",
}
MISSING = (
    "Metrics need the library prometheus_client. Received: an installation without it. "
    "pip install 'siamese-workbench[metrics]' or pip install prometheus_client, and start the server again."
)


class Metrics:
    """What /metrics tells. status: of `Workbench.status`; waiting: how many calls wait in the queue."""

    def __init__(self, status: Callable[[], Mapping], waiting: Callable[[], int]) -> None:
        self._registry = None
        try:
            import prometheus_client as prometheus
        except ImportError:
            return
        self._registry = prometheus.CollectorRegistry()
        self._requests = prometheus.Counter(
            "siamese_http_requests", "HTTP requests.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = prometheus.Histogram(
            "siamese_http_request_seconds",
            "Time until an HTTP request was answered whole.",
            ["route"],
            buckets=SECONDS,
            registry=self._registry,
        )
        prometheus.ProcessCollector(registry=self._registry)
        self._registry.register(_State(status, waiting))

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Add a request that was answered. route: one of few, such as `requests.route_of` gives."""
        if self._registry:
            self._requests.labels(method, route, str(status)).inc()
            self._seconds.labels(route).observe(seconds)

    def text(self) -> tuple[bytes, str]:
        """Return the metrics and their content type. UserError without prometheus_client."""
        if self._registry is None:
            raise UserError(MISSING)
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self._registry), CONTENT_TYPE_LATEST


class _State:
    """Gauges that are read when somebody asks."""

    def __init__(self, status: Callable[[], Mapping], waiting: Callable[[], int]) -> None:
        self.status, self.waiting = status, waiting

    def describe(self) -> Iterable["Metric"]:
        return []  # so that registering reads nothing

    def collect(self) -> Iterable["Metric"]:
        from prometheus_client.core import GaugeMetricFamily

        status = self.status()
        for name, told in COUNTS.items():
            if status[name] is not None:  # the log cannot be read
                yield GaugeMetricFamily(f"siamese_{name}", told, value=status[name])
        yield GaugeMetricFamily("siamese_calls_waiting", "Calls in the queue.", value=self.waiting())
        slots = GaugeMetricFamily("siamese_slot_ready", "1 where a slot serves.", labels=["slot"])
        for slot, told in status["slots"].items():
            slots.add_metric([slot], float(told["state"] == "ready"))
        yield slots
