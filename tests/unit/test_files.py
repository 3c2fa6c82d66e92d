from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mheight.files import atomic_folder, atomic_path, write_json, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_path_appears_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "weights.weights.h5"
    with atomic_path(path) as temporary:
        assert temporary.name == path.name
        assert temporary.parent.parent == path.parent
        temporary.write_text("done")
        assert not path.exists()
    assert path.read_text() == "done"
    assert names(path.parent) == ["weights.weights.h5"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_path_keeps_its_old_content_on_an_error(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "result.json"
    path.write_text("old")

    def interrupted() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(type(error)):
        interrupted()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["result.json"]


def test_a_folder_appears_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "data"
    with atomic_folder(path) as temporary:
        (temporary / "part").write_text("1")
        assert not path.exists()
    assert (path / "part").read_text() == "1"
    assert names(path.parent) == ["data"]


def test_a_folder_leaves_nothing_behind_on_an_error(tmp_path: Path) -> None:
    def interrupted() -> None:
        with atomic_folder(tmp_path / "data") as temporary:
            (temporary / "part").write_text("1")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        interrupted()
    assert names(tmp_path) == []


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_a_folder_never_replaces_what_is_there(tmp_path: Path, make: object) -> None:
    make(tmp_path / "data")  # type: ignore[operator]
    with (
        pytest.raises(FileExistsError, match="data exists already"),
        atomic_folder(tmp_path / "data"),
    ):
        pytest.fail("the block must not run")
    assert names(tmp_path) == ["data"]


def test_a_folder_that_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "data"

    def late() -> None:
        with atomic_folder(path) as temporary:
            (temporary / "part").write_text("mine")
            path.mkdir()
            (path / "part").write_text("theirs")

    with pytest.raises(OSError, match="data"):
        late()
    assert (path / "part").read_text() == "theirs"
    assert names(tmp_path) == ["data"]


def test_others_may_read_what_the_umask_lets_them(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "file", "text")
        with atomic_folder(tmp_path / "folder"):
            pass
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o750


def test_json_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_json(path, {"overall": 0.25, "name": "ü"})
    assert json.loads(path.read_text()) == {"overall": 0.25, "name": "ü"}
    for value in (float("nan"), float("inf"), object()):
        with pytest.raises((ValueError, TypeError), match="JSON"):
            write_json(path, {"overall": value})
    assert json.loads(path.read_text()) == {"overall": 0.25, "name": "ü"}
    assert names(tmp_path) == ["metrics.json"]


def test_text_is_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "text", "h₁ ≥ 1\n")
    assert (tmp_path / "text").read_bytes() == "h₁ ≥ 1\n".encode()


def test_content_is_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    """A power cut must not leave a name without its content."""
    done = []
    real_sync, real_replace = os.fsync, os.replace

    def sync(handle):
        done.append(("sync", Path(os.readlink(f"/proc/self/fd/{handle}"))))
        real_sync(handle)

    def replace(source, target):
        done.append(("replace", Path(target)))
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", replace)
    write_text(tmp_path / "state", "all of it")
    (first, temporary), second, third = done
    assert (first, temporary.name) == ("sync", "state")
    assert temporary.parent.name.startswith(".partial-")
    assert second == ("replace", tmp_path / "state")
    assert third == ("sync", tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_told_to_end_leaves_no_temporary_file(tmp_path, number):
    code = """
import sys, time
from mheight.cli import main as cli
from mheight.files import atomic_path

def work():
    with atomic_path(sys.argv[1]):
        print("ready", flush=True)
        time.sleep(300)

cli.main = work
cli.run()
"""
    command = [sys.executable, "-c", code, str(tmp_path / "result")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert list(tmp_path.iterdir()) == []


WRITER = """
import sys, time
from pathlib import Path
from mheight.files import atomic_folder, atomic_path
folder = Path(sys.argv[1])
with atomic_path(folder / "a.json") as one, atomic_folder(folder / "b") as two:
    one.write_text("half")
    (two / "part").write_text("half")
    print("writing", flush=True)
    time.sleep(600)
"""


def test_what_a_kill_leaves_is_swept_by_the_next_that_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".partial-of-somebody-else").write_text("kept")
    (tmp_path / ".partial-abcd1234").symlink_to(tmp_path / ".partial-of-somebody-else")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "writing\n"
        assert len(names(tmp_path)) == 4
        # While it is written nobody takes it away.
        monkeypatch.setattr("mheight.files._swept", set())
        write_text(tmp_path / "c.txt", "whole")
        assert len(names(tmp_path)) == 5
        child.send_signal(signal.SIGKILL)
    assert len(names(tmp_path)) == 5
    write_text(tmp_path / "d.txt", "whole")
    assert len(names(tmp_path)) == 6  # once for each process is enough
    monkeypatch.setattr("mheight.files._swept", set())
    write_text(tmp_path / "d.txt", "whole")
    assert names(tmp_path) == [".partial-abcd1234", ".partial-of-somebody-else", "c.txt", "d.txt"]
