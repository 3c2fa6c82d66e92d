"""What `--cluster` may name, and whether anybody answers there."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from mheight.errors import JobError
from mheight.jobs.addresses import cluster_name

_FORMS = "a cluster is local:N, tcp://host:port or a scheduler's .json file, got "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *(
            (text, f"{_FORMS}{text!r}")
            for text in ("", "local", "local:x", "tcp://", "tcp://host", "http://host:8786",
                         "host:8786", "tcp://ho st:1", "scheduler.toml")
        ),
        ("local:0", "local:N needs 1 <= N <= 4096, got local:0"),
        ("local:99999", "local:N needs 1 <= N <= 4096, got local:99999"),
        ("tcp://host:99999", "tcp://host:99999: a port is 1 to 65535"),
        ("tcp://host:0", "tcp://host:0: a port is 1 to 65535"),
    ],
)  # fmt: skip
def test_no_cluster(text: str, message: str) -> None:
    with pytest.raises(JobError) as caught:
        cluster_name(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"address": 3}', '{"address": "inproc://x"}', "\0"]
)
def test_no_file_of_a_scheduler(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scheduler.json"
    with pytest.raises(JobError, match="no such file; dask scheduler --scheduler-file"):
        cluster_name(str(path))
    path.write_text(text)
    with pytest.raises(JobError, match="not a file that dask scheduler"):
        cluster_name(str(path))


def test_what_does_not_answer_is_told_within_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        file = tmp_path / "scheduler.json"
        file.write_text(json.dumps({"address": address}))
        with pytest.raises(JobError, match=f"no scheduler of Dask answers at {address} within 4 s"):
            cluster_name(str(file)).require_answer()
    with pytest.raises(JobError, match=f"no scheduler answers at {address} .Connection refused."):
        cluster_name(address).require_answer()
    with pytest.raises(JobError, match=r"no scheduler answers at tcp://no\.such\.host\.invalid:1"):
        cluster_name("tcp://no.such.host.invalid:1").require_answer()
