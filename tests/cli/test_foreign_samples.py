"""Files of samples as people have them, in every command that takes samples."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest

from mheight.datasets import exact_heights, generate, load_dataset, load_pickle

NAME = "HW-4-n_k_m_P"


@pytest.fixture(scope="module")
def drawn():
    return generate("normal", 3, 33).samples


@pytest.fixture
def course(tmp_path, drawn):
    """The course's files: no ending, heights beside them, an infinite one among them."""
    rows = [[9, int(drawn.k[i]), int(drawn.m[i]), drawn.matrix(i)] for i in range(len(drawn))]
    rows.append([9, 4, 5, np.diag([1.0, 2, 3, 4])[:, [0, 1, 2, 3, 3]]])
    (tmp_path / NAME).write_bytes(pickle.dumps(rows))
    (tmp_path / "HW-4-mHeights").write_bytes(pickle.dumps([*drawn.labels.tolist(), np.inf]))
    return tmp_path / NAME, tmp_path / "HW-4-mHeights"


def test_predict_and_submit_to_a_name_without_an_ending(mheight, course, drawn, tmp_path):
    x, y = course
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # infinite labels that are right are no trouble
        status, out, err = mheight(
            "predict", x, "--labels", y, "--submit", "-o", tmp_path / "HW-4-y"
        )
    assert status == 0, err
    assert "wrong" not in out
    assert "RuntimeWarning" not in err
    found = load_pickle(tmp_path / "HW-4-y")
    assert len(found) == len(drawn) + 1
    assert found[-1] == np.inf


def test_import_inspect_and_heights(mheight, course, drawn, tmp_path):
    x, y = course
    assert mheight("data", "import", x, y, "-o", tmp_path / "set")[0] == 0
    np.testing.assert_allclose(load_dataset(tmp_path / "set").samples.labels, drawn.labels)
    status, out, _ = mheight("data", "inspect", x, "--labels", y)
    assert (status, "wrong" in out) == (0, False)
    status, out, _ = mheight("heights", x, "--labels", y, "-o", tmp_path / "h.npy")
    assert status == 0
    assert "the 28 heights given are right" in out
    np.testing.assert_allclose(np.load(tmp_path / "h.npy")[:-1], exact_heights(drawn))


def test_evaluate(mheight, course, finished_run):
    x, y = course
    status, out, err = mheight("evaluate", finished_run.path, x, "--labels", y)
    assert status == 0, err
    assert "28 rows: 1 of infinite height" in out
    assert "labels checked: 0 finite where the height is infinite, 0 others wrong" in out


def test_training_data(course, drawn):
    from mheight.experiments.config import DataConfig
    from mheight.experiments.preparation import load_originals

    x, y = course
    samples = load_originals(DataConfig(path=str(x), labels=str(y))).samples
    np.testing.assert_allclose(samples.labels, drawn.labels)


def test_claims_about_designs_of_any_length(mheight, fails, tmp_path):
    designs = {(3, 2, 1): np.array([[1], [1]]), (4, 2, 2): np.array([[1, 1], [1, 2]])}
    claims = {(4, 2, 2): 3.0, (3, 2, 1): 2.0}
    x, y = tmp_path / "designs.pkl", tmp_path / "claims.pkl"
    x.write_bytes(pickle.dumps(designs))
    y.write_bytes(pickle.dumps(claims))
    status, out, _ = mheight("heights", x, "--labels", y)
    assert (status, out) == (0, "the 2 heights given are right\n")
    y.write_bytes(pickle.dumps({**claims, (4, 2, 2): 2.5}))
    status, out, _ = mheight("heights", x, "--labels", y)
    assert status == 3
    assert out.startswith("1 of the 2 heights given is wrong: they differ by more than 1e-6")
    assert "sample 1, (n,k,m) = (4,2,2): given 2.5, exact 3.0" in out
    nine = Path(__file__).parents[1] / "bundle_run8_stream"
    assert "(n,k,m) = (3,2,1) is not one of the groups" in fails(
        "predict", x, "--run", nine, "-o", tmp_path / "out.csv"
    )
    assert "--labels and --label-column go with samples" in fails(
        "heights", "1 0 1; 0 1 1", "--labels", y
    )


def test_a_table_of_samples_is_no_matrix(mheight, tmp_path, drawn):
    header = "n,k,m," + ",".join(f"p{i}" for i in range(20))
    row = ",".join(map(repr, [9, 4, 2, *map(float, drawn.parity[0])]))
    (tmp_path / "s.csv").write_text(f"{header}\n{row}\n")
    status, out, _ = mheight("heights", tmp_path / "s.csv", "-o", tmp_path / "out.csv")
    assert status == 0
    assert "1 exact heights" in out
    first = (tmp_path / "out.csv").read_text().splitlines()[1].split(",")
    assert float(first[4]) == exact_heights(drawn)[0]
