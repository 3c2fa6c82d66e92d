"""Bundles that were made to do harm: refused in one line, before anything of them runs."""

from __future__ import annotations

import os
import re
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hostile_networks import NETWORKS, ONE, TEXTS, contents, joined, network
from onnx import helper

from mheight.datasets import generate
from mheight.deployment import Predictor
from mheight.deployment.bundle import FILES, read_bundle, write_bundle
from mheight.errors import BundleError

ALL = (*FILES, "SHA256SUMS")

Refused = Callable[[Path], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_bundle(contents(), tmp_path / "bundle")
    return tmp_path / "bundle"


MOST_BYTES = 2**24  # at once, in Python and NumPy; all that is unfolded here takes far more


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Refused:
    """What is said of a bundle that must not be run, nor take more than a good one may."""
    ran: list[object] = []
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *_, **__: ran.append(1))

    def text_of(path: Path) -> str:
        tracemalloc.start()
        try:
            with pytest.raises(BundleError) as caught:
                Predictor.load(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < MOST_BYTES, f"{peak:,}"
        assert not ran
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return text_of


@pytest.mark.parametrize("name", NETWORKS)
def test_a_hostile_network_is_refused(tmp_path: Path, name: str, refused: Refused) -> None:
    make, message = NETWORKS[name]
    write_bundle({**contents(), "network.onnx": make()}, tmp_path / "b")
    assert re.search(message, refused(tmp_path / "b"))


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_is_refused(tmp_path: Path, name: str, refused: Refused) -> None:
    make, message = TEXTS[name]
    write_bundle(make(), tmp_path / "b")
    assert re.search(message, refused(tmp_path / "b"))


def test_weights_beside_the_command_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.bin").write_bytes(np.ones(4, np.float32).tobytes())
    make, _ = NETWORKS["weights elsewhere"]
    write_bundle({**contents(), "network.onnx": make()}, tmp_path / "b")
    assert "has a field" in refused(tmp_path / "b")


def test_an_answer_must_be_a_height(tmp_path: Path) -> None:
    """What only shows when it is run: no number, or one that no height has."""
    codes = generate("course", 1, 1).samples
    for factor in (np.nan, 1e30):
        steps = joined()
        steps[-1].output[0] = "sum"
        steps.append(helper.make_node("Mul", ["sum", "factor"], ["log2_height"]))
        content = network(steps, {**ONE, "factor": np.float32(factor)})
        path = tmp_path / str(factor)
        write_bundle({**contents(), "network.onnx": content}, path)
        with pytest.raises(BundleError, match="must answer a log2 height below 1000"):
            Predictor.load(path).predict(codes)
    # The same without the factor is a network like any other, if a bad one.
    write_bundle({**contents(), "network.onnx": network(joined(), ONE)}, tmp_path / "honest")
    assert len(Predictor.load(tmp_path / "honest").predict_log2(codes)) == 9


@pytest.mark.parametrize("name", ALL)
def test_what_is_no_file_is_refused(folder: Path, name: str, refused: Refused) -> None:
    place = folder / name
    place.unlink()
    place.mkdir()
    assert "a file is needed, got a folder, a device or a pipe" in refused(folder)
    place.rmdir()
    os.mkfifo(place)
    assert "a file is needed, got a folder, a device or a pipe" in refused(folder)
    place.unlink()
    place.symlink_to("/dev/zero")
    assert "a file is needed, got a folder, a device or a pipe" in refused(folder)


def test_a_pipe_in_the_place_of_a_bundle_is_refused(tmp_path: Path, refused: Refused) -> None:
    os.mkfifo(tmp_path / "b.zip")
    assert "no such bundle" in refused(tmp_path / "b.zip")
    assert "no such bundle" in refused(Path("/dev/zero"))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_packed_in_other_ways_are_refused(
    tmp_path: Path, method: int, refused: Refused
) -> None:
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name in ALL:
            archive.writestr(name, bytes(2**25) if name == "network.onnx" else b"{}")
    assert "is neither stored nor deflated" in refused(path)


def test_sizes_are_counted_and_not_believed(tmp_path: Path, refused: Refused) -> None:
    """A member that says it is small, and unfolds to gigabytes."""
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ALL:
            archive.writestr(name, bytes(2**26) if name == "network.onnx" else b"{}")
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<L", 2**26), struct.pack("<L", 100)))
    assert "'network.onnx' is damaged" in refused(path)


def test_a_directory_of_a_million_members_is_not_read(tmp_path: Path, refused: Refused) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[0] * 16)
    assert len(entry) == 46
    many = 60_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, many, many, 46 * many, 0, 0)
    path = tmp_path / "b.zip"
    path.write_bytes(entry * many + end)
    assert "at most 4,096 members are read, got 60,000" in refused(path)


def test_members_over_each_other_are_refused(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in ALL:
            archive.writestr(name, b"x" * 1000)
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 20 : at + 24] = struct.pack("<L", 2**20)
    path.write_bytes(content)
    assert "its directory is damaged" in refused(path)


def test_a_folder_of_many_files_is_refused(folder: Path, refused: Refused) -> None:
    for i in range(2000):
        (folder / str(i)).touch()
    assert "not part of it" in refused(folder)


def test_a_link_to_a_bundle_is_a_bundle(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    (folder / "network.onnx").rename(tmp_path / "network.onnx")
    (folder / "network.onnx").symlink_to(tmp_path / "network.onnx")
    assert read_bundle(tmp_path / "link").network == contents()["network.onnx"]
