from __future__ import annotations

import pytest

from mheight.cli.main import main


@pytest.fixture
def mheight(capsys):
    """Run the command line in this process: exit status, standard output, standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture
def fails(mheight):
    """Run a command that must fail with one clear line, and return that line."""

    def call(*arguments: object, status: int = 1) -> str:
        got, out, err = mheight(*arguments)
        assert got == status, (out, err)
        lines = [line for line in err.splitlines() if line.strip()]
        assert lines[-1].startswith("error: "), err
        assert "Traceback" not in err
        assert "bug in mheight" not in err
        return lines[-1]

    return call
