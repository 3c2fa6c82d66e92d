from __future__ import annotations

import socket


def test_a_port_in_use(fails):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = fails("serve", "--no-model", "--port", port)
    assert f"can't listen on 127.0.0.1 port {port}: " in line


def test_a_host_that_is_none(fails):
    assert "can't listen on no.such.host.invalid port" in fails(
        "serve", "--no-model", "--host", "no.such.host.invalid"
    )


def test_missing_packages_are_named(fails, monkeypatch):
    import mheight.cli.serve as module

    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "uvicorn" else object())
    assert "mheight serve needs uvicorn; in the source of mheight: pip install '.[serve]'" in fails(
        "serve"
    )


def test_contradicting_options(fails, tmp_path):
    assert "goes without --model" in fails("serve", "--no-model", "--model", tmp_path)


def test_allowed_hosts_that_are_none(fails):
    for name in ("here:80", "http://here", "", "a b", "*"):
        line = fails("serve", "--no-model", "--port", "0", "--allowed-host", name)
        assert f"--allowed-host is a name without a port, got {name!r}" in line
