"""What the service counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

__all__ = ["Metrics"]

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """Counters, gauges and histograms of one application.

    Attributes:
        registry: what `/metrics` shows.
        requests: by path, method and status; unknown paths count as "other".
        seconds: of requests, by path.
        codes: computed or predicted, by kind.
        batch: codes in a call of the kernel, by kind.
        refused: requests refused because of load, by reason.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "mheight_requests", "Requests answered.", ["path", "method", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "mheight_request_seconds", "Time from the first byte read to the last one sent.",
            ["path"], buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self.codes = Counter(
            "mheight_codes", "Codes answered, by kind of answer.", ["kind"], registry=self.registry
        )
        self.batch = Histogram(
            "mheight_batch_codes", "Codes in one call of the kernel or the model.", ["kind"],
            buckets=_SIZES, registry=self.registry,
        )  # fmt: skip
        self.refused = Counter(
            "mheight_refused", "Requests refused because of load.", ["reason"],
            registry=self.registry,
        )  # fmt: skip

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """A gauge that asks for its value when it is read."""
        Gauge(name, text, registry=self.registry).set_function(value)
