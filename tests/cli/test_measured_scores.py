from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mheight.cli.measured_scores import MeasuredScores
from mheight.datasets import generate
from mheight.evaluation.calibration import coverage
from mheight.metrics import score


def test_what_is_written_is_read(tmp_path: Path) -> None:
    samples = generate("uniform", 3, 5).samples
    true = samples.log2_heights
    scores = score(true, true + 0.5, samples.group, samples.groups)
    held = coverage(true, true - 1.0, true + 1.0, samples.group, samples.groups, 0.9)
    for intervals in (held, None):
        measured = MeasuredScores("run7", "set", 30, 2, 1, scores, intervals, 4)
        path = tmp_path / "scores.json"
        path.write_text(json.dumps(measured.as_dict()))
        read = MeasuredScores.read(path)
        assert read == measured
        assert np.isclose(read.scores.overall, 0.25)
