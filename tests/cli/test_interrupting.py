from __future__ import annotations

import signal
import threading

import pytest

from mheight.cli.interrupting import Interrupts


@pytest.fixture
def ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield signal.SIGHUP
    signal.signal(signal.SIGHUP, before)


def test_the_first_is_remembered_and_the_second_raised():
    before = signal.getsignal(signal.SIGTERM)
    with Interrupts() as found:
        found.raise_if_asked()
        signal.raise_signal(signal.SIGTERM)
        assert found.was_asked()
        with pytest.raises(KeyboardInterrupt):
            found.raise_if_asked()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_first_is_raised_where_there_is_nothing_to_end():
    with Interrupts(waits=lambda: False) as found:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        assert not found.was_asked()


def test_what_is_ignored_stays_so_unless_it_is_wanted(ignored):
    with Interrupts() as found:
        signal.raise_signal(ignored)
        assert not found.was_asked()
    with Interrupts((ignored,), ignored_too=True) as found:
        signal.raise_signal(ignored)
        assert found.was_asked()


def test_another_thread_leaves_signals_as_they_are():
    seen = []

    def look():
        before = signal.getsignal(signal.SIGTERM)
        with Interrupts() as found:
            seen.append((signal.getsignal(signal.SIGTERM) is before, found.was_asked()))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [(True, False)]
