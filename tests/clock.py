"""A clock that tests set: what counts seconds in kernels' limits reads it."""

from __future__ import annotations

from types import ModuleType

import pytest

from mheight.kernels import compiling


class Clock:
    """In the place of `time.perf_counter`.

    Attributes:
        now: seconds.
        tick: seconds that pass whenever somebody looks.
    """

    def __init__(self) -> None:
        self.now = self.tick = 0.0

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What `work_clock` reads; it stands still until a test moves it."""
    made, fake = Clock(), ModuleType("time")
    fake.perf_counter = made  # type: ignore[attr-defined]
    monkeypatch.setattr(compiling, "time", fake)
    return made
