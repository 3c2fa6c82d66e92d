from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from mheight.datasets import generate
from mheight.deployment import Predictor
from mheight.deployment.bundle import FILES, read_bundle, write_bundle
from mheight.deployment.card import model_card
from mheight.deployment.manifest import Manifest
from mheight.errors import BundleError
from mheight.evaluation.criteria import Criterion

PACKAGED = Path(__file__).parents[2] / "bundle_run8_stream"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(PACKAGED, tmp_path / "bundle"))


@pytest.fixture
def contents():
    return {name: (PACKAGED / name).read_bytes() for name in FILES}


def test_a_zip_holds_the_same_as_a_folder(tmp_path, contents):
    write_bundle(contents, tmp_path / "b.zip")
    write_bundle(contents, tmp_path / "b")
    assert read_bundle(tmp_path / "b.zip").network == read_bundle(tmp_path / "b").network
    codes = generate("course", 2, 1).samples
    found = [Predictor.load(tmp_path / name).predict(codes) for name in ("b", "b.zip")]
    np.testing.assert_array_equal(found[0].log2_heights, found[1].log2_heights)
    # The same bundle is the same file.
    write_bundle(contents, tmp_path / "c.zip")
    assert (tmp_path / "b.zip").read_bytes() == (tmp_path / "c.zip").read_bytes()


def test_nothing_is_overwritten(folder, contents):
    with pytest.raises(BundleError, match="exists already; remove it or choose another name"):
        write_bundle(contents, folder)


@pytest.mark.parametrize("name", [*FILES, "SHA256SUMS"])
@pytest.mark.parametrize("place", [0, 0.5, 1])
def test_a_changed_byte_is_noticed(folder, name, place):
    path = folder / name
    content = bytearray(path.read_bytes())
    content[round(place * (len(content) - 1))] ^= 1
    path.write_bytes(content)
    with pytest.raises(BundleError, match="was changed or damaged"):
        read_bundle(folder)


@pytest.mark.parametrize("name", [*FILES, "SHA256SUMS"])
def test_a_missing_cut_or_empty_file_is_noticed(folder, name):
    path = folder / name
    content = path.read_bytes()
    for shorter in (content[:-1], b""):
        path.write_bytes(shorter)
        with pytest.raises(BundleError, match="was changed or damaged"):
            read_bundle(folder)
    path.unlink()
    with pytest.raises(BundleError, match=rf"missing: {name}"):
        read_bundle(folder)


def test_a_file_more_is_refused(folder):
    (folder / "setup.py").write_text("print(1)")
    with pytest.raises(BundleError, match=r"not part of it: setup\.py"):
        read_bundle(folder)


def test_a_damaged_zip_is_refused(tmp_path, contents):
    path = tmp_path / "b.zip"
    write_bundle(contents, path)
    whole = path.read_bytes()
    for damaged in (whole[:1000], whole[:-10], b"", b"PK\x03\x04" + bytes(50)):
        path.write_bytes(damaged)
        with pytest.raises(BundleError, match=r"not a readable zip"):
            read_bundle(path)
    # Any byte of the compressed network.
    middle = bytearray(whole)
    middle[5000] ^= 0x10
    path.write_bytes(middle)
    with pytest.raises(BundleError, match=r"not a readable zip|was changed or damaged"):
        read_bundle(path)


def test_a_zip_can_not_reach_elsewhere_nor_blow_up(tmp_path, contents):
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in (*FILES, "SHA256SUMS", "../network.onnx"):
            archive.writestr(name, b"")
    with pytest.raises(BundleError, match=r"not part of it: \.\./network\.onnx"):
        read_bundle(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (*FILES, "SHA256SUMS"):
            archive.writestr(name, bytes(64 * 2**20))
    with pytest.raises(BundleError, match=r"at most 268,435,456 bytes are read, got 469,762,048"):
        read_bundle(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("manifest.json", b"{}")
    with pytest.raises(BundleError, match=r"'manifest\.json' is there twice"):
        read_bundle(path)


def test_another_format_or_content_is_refused(tmp_path, contents):
    def rewritten(name, content):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        write_bundle({**contents, name: content}, path)
        return path

    manifest = json.loads(contents["manifest.json"])
    with pytest.raises(BundleError, match="a bundle of format 1 is needed, got 2"):
        read_bundle(rewritten("manifest.json", json.dumps({**manifest, "format": 2}).encode()))
    with pytest.raises(BundleError, match=r"domain\.json is no JSON of a bundle"):
        read_bundle(rewritten("domain.json", b"{"))
    with pytest.raises(BundleError, match=r"domain\.json .* \(it must hold an object\)"):
        read_bundle(rewritten("domain.json", b"[]"))
    with pytest.raises(BundleError, match=r"network\.onnx can't be used"):
        Predictor.load(rewritten("network.onnx", b"no network"))
    other = json.dumps({"name": "circuits", "values": {"name": "circuits"}}).encode()
    with pytest.raises(BundleError, match="says features 'minors', but it is 'circuits'"):
        Predictor.load(rewritten("features.json", other))


def test_there_must_be_one(tmp_path):
    with pytest.raises(BundleError, match="no such bundle"):
        Predictor.load(tmp_path / "absent")


def test_no_pickle_and_no_code_in_it(contents):
    assert all(b"\x80\x04\x95" not in content for content in contents.values())
    assert {Path(name).suffix for name in FILES} == {".onnx", ".json", ".md"}
    assert sum(map(len, contents.values())) < 8 * 2**20


def test_the_card_says_what_a_person_must_know():
    packaged = files("mheight.deployment") / "packaged" / "run9-any"
    manifest = read_bundle(packaged).manifest
    card = (packaged / "MODEL_CARD.md").read_text()
    assert card == model_card(manifest)
    for words in (
        "Use the exact height instead wherever you can",
        "Where it fails",
        "| DS-1 | 31,952 |",
        "| uniform4500 | 4,347 |",
        "sha256sum -c SHA256SUMS",
    ):
        assert words in card
    failed = (Criterion("easy", "< 1", 2.0, False), Criterion("hard", "< 1", 0.5, True))
    assert "success criteria on clean validation: not met: easy" in model_card(
        replace(manifest, criteria=failed)
    )
    # Before it is known how far the network is from the trained one, nothing is said of that.
    assert "agreed with" in card
    assert "agreed with" not in model_card(replace(manifest, parity=None))


@pytest.mark.parametrize(
    "folder", [PACKAGED, files("mheight.deployment") / "packaged" / "run9-any"], ids=["old", "new"]
)
def test_a_manifest_is_written_as_it_was_read(folder):
    text = (folder / "manifest.json").read_text()
    manifest = Manifest.from_dict(json.loads(text))
    assert json.dumps(manifest.as_dict(), indent=2) + "\n" == text


def test_what_a_manifest_holds_besides_is_no_harm(contents, tmp_path):
    """Fields of later versions, and those that only earlier ones lack."""
    values = json.loads(contents["manifest.json"])
    known = read_bundle(PACKAGED).manifest
    values["later"] = {"x": [1]}
    values["metrics"][0]["scores"]["later"] = 2
    values["metrics"][0]["scores"]["groups"]["no group"] = "text"
    for one in values["criteria"]:
        del one["wanted"], one["value"], one["remark"]
    del values["training"]["config"], values["metrics"][1]["scores"]["balanced"]
    write_bundle({**contents, "manifest.json": json.dumps(values).encode()}, tmp_path / "b")
    found = Predictor.load(tmp_path / "b").manifest
    assert found.name == known.name
    assert found.metrics[0].scores == known.metrics[0].scores
    assert found.metrics[0].as_dict() == values["metrics"][0]
    assert found.metrics[1].scores.balanced is None
    assert [one.passed for one in found.criteria] == [one.passed for one in known.criteria]
    assert found.training.config is None
    assert model_card(found) == model_card(known)
