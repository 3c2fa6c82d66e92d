from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from mheight.datasets import AuditReport, CodeStream, StreamedCodes
from mheight.errors import LeakError
from mheight.experiments.streaming import EncodedStream, check_stream, streamed_fingerprints
from mheight.features import grouped
from mheight.tiers import COURSE_9

NONE = np.empty(0, dtype="S32")

minors = grouped.minors.of(COURSE_9)


class Counted(CodeStream):
    """A stream that tells which epochs were drawn, and on which thread."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        object.__setattr__(self, "drawn", [])

    def epoch(self, number: int) -> StreamedCodes:
        self.drawn.append((number, threading.current_thread() is threading.main_thread()))
        return super().epoch(number)


@pytest.fixture
def stream(monkeypatch):
    monkeypatch.setattr("mheight.datasets.ensembles._CHUNK", 128)
    return Counted(("uniform",), 2, 1, NONE)


def same(left, right):
    np.testing.assert_array_equal(left.log2_heights, right.log2_heights)
    np.testing.assert_array_equal(left.group, right.group)
    for name in minors.shapes:
        np.testing.assert_array_equal(left.inputs.block(name), right.inputs.block(name))
    return True


def test_rows_are_those_of_the_stream(stream, tmp_path):
    rows = EncodedStream(stream, minors, tmp_path, 3)
    assert len(rows) == 18
    for number in range(3):
        samples = CodeStream.epoch(stream, number).samples
        got = rows.epoch(number)
        assert len(got) == len(rows)
        np.testing.assert_array_equal(got.log2_heights, samples.log2_heights)
        np.testing.assert_array_equal(got.group, samples.group)
        np.testing.assert_array_equal(
            got.inputs.block("minors_5_3"), minors.encode(samples).block("minors_5_3")
        )


def test_the_next_epoch_is_made_meanwhile(stream, tmp_path):
    rows = EncodedStream(stream, minors, tmp_path, 3)
    for number in range(3):
        rows.epoch(number)
    # Each once: the first when asked for, the others by the thread, and none too many.
    assert sorted(stream.drawn) == [(0, True), (1, False), (2, False)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"codes_{i}.npz" for i in (1, 2, 3)]


def test_going_on_in_a_later_epoch_gives_the_same_rows(stream, tmp_path):
    whole = EncodedStream(stream, minors, tmp_path, 3)
    expected = [whole.epoch(number) for number in range(3)]
    resumed = EncodedStream(stream, minors, tmp_path, 3)
    assert same(resumed.epoch(1), expected[1])
    assert same(resumed.epoch(2), expected[2])
    assert not np.array_equal(expected[1].log2_heights, expected[2].log2_heights)


def test_what_fails_in_the_thread_is_told(stream, tmp_path):
    class Failing(Counted):
        def epoch(self, number: int) -> StreamedCodes:
            if number == 1:
                raise ValueError("epoch 1 is broken")
            return super().epoch(number)

    rows = EncodedStream(Failing(("uniform",), 2, 1, NONE), minors, tmp_path, 2)
    rows.epoch(0)
    with pytest.raises(ValueError, match="epoch 1 is broken"):
        rows.epoch(1)
    assert [path.name for path in tmp_path.iterdir()] == ["codes_1.npz"]


def test_every_code_is_written_down(stream, tmp_path):
    first = CodeStream.epoch(stream, 0)
    barring = replace_barred(stream, first.fingerprints[:4])
    rows = EncodedStream(barring, minors, tmp_path, 3)
    rows.epoch(0)
    rows.epoch(1)
    names, barred = streamed_fingerprints(tmp_path, 2)
    expected = [CodeStream.epoch(barring, number) for number in range(2)]
    np.testing.assert_array_equal(names, np.concatenate([one.fingerprints for one in expected]))
    assert barred == sum(one.barred for one in expected) > 0


def replace_barred(stream: CodeStream, barred: np.ndarray) -> CodeStream:
    return CodeStream(stream.ensembles, stream.per_group, stream.seed, np.unique(barred))


def test_a_planted_leak_is_found(stream, tmp_path):
    """The codes of a stream that bars nothing, held against one of them."""
    rows = EncodedStream(stream, minors, tmp_path, 2)
    rows.epoch(0)
    rows.epoch(1)
    names, barred = streamed_fingerprints(tmp_path, 2)
    clean = check_stream(stream, names, barred, 2)
    assert clean.passed
    assert "codes of the 2 epochs equivalent to one in validation" in clean.question
    assert "36 trained on; 0 such were drawn" in clean.question
    leaked = CodeStream.epoch(stream, 1).fingerprints[[5]]
    check = check_stream(replace_barred(stream, leaked), names, barred, 2)
    assert (check.found, check.example) == (1, leaked[0].decode())
    report = AuditReport(18, 18, 9, (clean,))
    report.require_clean()
    with pytest.raises(LeakError, match=f"stream: 1 rows .{leaked[0].decode()}"):
        replace(report, checks=(clean, check)).require_clean()
