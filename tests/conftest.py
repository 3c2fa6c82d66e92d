from __future__ import annotations

import os
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from clock import clock
from hypothesis import settings
from material import course_codes, ds1, height_vectors, run7_originals, uniform4500, uniform_codes
from tiny import finished_run, finished_stream_run

__all__ = [
    "clock",
    "course_codes",
    "ds1",
    "finished_run",
    "finished_stream_run",
    "height_vectors",
    "run7_originals",
    "uniform4500",
    "uniform_codes",
]

# The same examples every time; `--hypothesis-profile explore` looks for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile("repeatable")

# A shell that runs the tests in the background, or nohup, has these ignored; tests send them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


SLOW = (
    "browser",
    "cli/test_clusters.py",
    "cli/test_many_kills.py",
    "cli/test_run_commands.py",
    "cli/test_training_display.py",
    "cli/test_tune_command.py",
    "cli/test_tutorials.py",
    "contract/test_export.py",
    "contract/test_registries.py",
    "fuzz",
    "integration",
    "oracle/test_every_route.py",
    "service",
    "unit/kernels/test_compiling.py",
    "unit/experiments/test_averaging.py",
    "unit/experiments/test_streaming.py",
    "unit/experiments/test_tuning.py",
    "unit/models",
)
"""Folders and files that take most of the time: they train, start servers, or compile anew.
`make test` leaves them out; `make test-all` does not."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow."""
    here = Path(__file__).parent
    slow = [here / name for name in SLOW]
    for item in items:
        if any(place == item.path or place in item.path.parents for place in slow):
            item.add_marker(pytest.mark.slow)


def pytest_configure(config: pytest.Config) -> None:
    """Compile networks fast, and each once, in this session and the processes it starts.

    JAX would compile the same network anew for every model object: most of the time of the
    tests. It reads these variables when it is imported, which nothing has done yet.
    """
    compiled = TemporaryDirectory(prefix="mheight-compiled-")
    config.add_cleanup(compiled.cleanup)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_backend_optimization_level=0".strip()
