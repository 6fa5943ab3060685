"""Prometheus metrics of one service. Labels are closed sets: routes, methods, stages, codes.

A registry of its own (not the library's global one) lets tests run several services in a process.
Nothing of a customer, not even an internal id, ever becomes a label.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_PREFIX = "assistant_"
_LAGS = (
    *(step / 1000 for step in range(1, 21)),
    *(0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5),
)
"""Bounds for the event loop's lag: to the millisecond where customers begin to notice it."""
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What the service counts; made by ``bootstrap`` so that a turn's stages can report here."""

    def __init__(self) -> None:
        """Register every metric, so that a scrape shows all of them from the start."""
        self.registry = CollectorRegistry()
        self._requests = self._counter(
            "http_requests", "HTTP requests by route template.", "method", "route", "status"
        )
        self._request_seconds = self._histogram(
            "http_request_seconds", "Seconds until the response was ready, by route.", "route"
        )
        self._stages = self._histogram(
            "turn_stage_seconds", "Seconds in each stage of a turn; `whole` is all of it.", "stage"
        )
        self._frames = self._counter(
            "chat_frames", "Frames from clients; `malformed` could not be read.", "type"
        )
        self._problems = self._counter("problems", "Problems told to callers.", "code")
        self._events = self._counter("events", "Events handed over, by outcome.", "outcome")
        self._alarms = self._counter("access_alarms", "Alarms for reading customers' data in bulk.")
        self._sockets = self._gauge("chat_sockets", "Chat sockets that are open.")
        self._lag = self._gauge(
            "event_loop_lag_seconds", "By how much the event loop overslept at the last sample."
        )
        self._lag_spread = self._histogram(
            "event_loop_lag_spread_seconds", "All samples of the event loop's lag.", bounds=_LAGS
        )

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(_PREFIX + name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(_PREFIX + name, meaning, registry=self.registry)

    def _histogram(
        self, name: str, meaning: str, *labels: str, bounds: tuple[float, ...] = _SECONDS
    ) -> Histogram:
        return Histogram(_PREFIX + name, meaning, labels, buckets=bounds, registry=self.registry)

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one finished request under its route template."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def observe_stage(self, stage: str, seconds: float) -> None:
        """Record how long one stage of a turn took (``encode``, ``search``, ``commit``, …)."""
        self._stages.labels(stage).observe(seconds)

    def observe_lag(self, seconds: float) -> None:
        """Record one sample of the event loop's lag."""
        self._lag.set(seconds)
        self._lag_spread.observe(seconds)

    def count_frame(self, kind: str) -> None:
        """Count one received frame by its (known) type."""
        self._frames.labels(kind).inc()

    def count_problem(self, code: str) -> None:
        """Count one problem that was told to a caller."""
        self._problems.labels(code).inc()

    def count_events(self, outcome: str, number: int) -> None:
        """Count events of a business system by their outcome."""
        self._events.labels(outcome).inc(number)

    def count_access_alarm(self) -> None:
        """Count one alarm for bulk reading."""
        self._alarms.inc()

    def socket_opened(self) -> None:
        """Note that a chat socket was opened."""
        self._sockets.inc()

    def socket_closed(self) -> None:
        """Note that a chat socket was closed."""
        self._sockets.dec()

    def watch(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """Expose a gauge that is read at each scrape (the writer's backlog, the encoder's)."""
        gauge = Gauge(name, meaning, registry=self.registry)
        gauge.set_function(value)

    def render(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)
