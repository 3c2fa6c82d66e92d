"""Runs a command and prints the modules whose functions it calls, in the order of their first call.

python tests/tracing.py heights "1 0 1 1; 0 1 1 2"
python tests/tracing.py serve --no-model --port 8123     # those that one request calls
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import urllib.request
from pathlib import Path
from types import FrameType
from typing import Any

import mheight

SOURCE = str(Path(mheight.__file__).parent) + os.sep
called: dict[str, None] = {}


def note(frame: FrameType, event: str, _: Any) -> None:
    """Remember a module, unless it is only being imported."""
    file = frame.f_code.co_filename
    if event != "call" or not file.startswith(SOURCE):
        return
    name = file.removeprefix(SOURCE).replace(os.sep, "/")
    at: FrameType | None = None if name in called else frame
    while at is not None:
        if at.f_code.co_name == "<module>" and at.f_code.co_filename.startswith(SOURCE):
            return
        at = at.f_back
    called.setdefault(name)


def ask(port: int) -> None:
    """One request to a server that is ready, which then is to end."""
    url = f"http://127.0.0.1:{port}/api"
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5)
            break
        except OSError:
            time.sleep(0.05)
    called.clear()
    body = json.dumps({"G": [[1, 0, 1, 1], [0, 1, 1, 2]]}).encode()
    request = urllib.request.Request(f"{url}/heights", body, {"content-type": "application/json"})
    answer = json.load(urllib.request.urlopen(request, timeout=60))
    assert [one["height"] for one in answer["codes"][0]["heights"]][:2] == [2.0, 3.0]
    tell()
    os.kill(os.getpid(), signal.SIGINT)


def tell() -> None:
    print("called", json.dumps(list(called)), flush=True)


def run() -> None:
    from mheight.cli.main import main

    is_server = sys.argv[1] == "serve"
    if is_server:
        port = int(sys.argv[sys.argv.index("--port") + 1])
        threading.Thread(target=ask, args=[port], daemon=True).start()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        main()
    except SystemExit as end:
        if end.code and not is_server:
            raise
    sys.setprofile(None)
    if not is_server:
        tell()


if __name__ == "__main__":
    run()
