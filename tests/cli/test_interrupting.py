from __future__ import annotations

import signal
import threading

import pytest

from mheight.cli.interrupting import INTERRUPTED, Interrupted, Interrupts
from mheight.design import improve, search


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


def _raising(error: BaseException):
    def bounds(*_: object):
        raise error

    return bounds


def test_a_command_that_was_interrupted_says_what_is_kept(mheight, monkeypatch):
    monkeypatch.setattr("mheight.cli.bounds.lower_bounds", _raising(Interrupted("two are kept")))
    assert mheight("bounds", 5, 3) == (INTERRUPTED, "", "two are kept\n")
    monkeypatch.setattr("mheight.cli.bounds.lower_bounds", _raising(Interrupted()))
    assert mheight("bounds", 5, 3) == (INTERRUPTED, "", "")


def test_ctrl_c_that_no_command_waits_for_ends_with_the_same_status(mheight, monkeypatch):
    monkeypatch.setattr("mheight.cli.bounds.lower_bounds", _raising(KeyboardInterrupt()))
    assert mheight("bounds", 5, 3) == (INTERRUPTED, "", "")
    inside_a_kernel = SystemError("returned a result with an exception set")
    inside_a_kernel.__cause__ = KeyboardInterrupt()
    monkeypatch.setattr("mheight.cli.bounds.lower_bounds", _raising(inside_a_kernel))
    assert mheight("bounds", 5, 3) == (INTERRUPTED, "", "")


def test_searches_keep_the_best_on_ctrl_c(mheight, monkeypatch, tmp_path):
    def stopped_search(*size, **options):
        if options["rounds"] != 0:  # with none, only the options are looked at
            signal.raise_signal(signal.SIGINT)
        return search(*size, **options)

    def stopped_improve(*arguments, **options):
        signal.raise_signal(signal.SIGINT)
        return improve(*arguments, **options)

    monkeypatch.setattr("mheight.cli.design.search", stopped_search)
    status, _, err = mheight(
        "design", "--task", "5:3:1", "--task", "5:2:2", "-o", tmp_path / "x.json"
    )
    assert (status, err.splitlines()[-1]) == (INTERRUPTED, "stopped; what was found is kept")
    monkeypatch.setattr("mheight.cli.improve.improved", stopped_improve)
    status, out, err = mheight("improve", "1 0 1 2; 0 1 3 1", "-m", 1)
    assert out.startswith("h_1 = ")
    assert (status, err.splitlines()[-1]) == (INTERRUPTED, "stopped; the best so far is kept")
