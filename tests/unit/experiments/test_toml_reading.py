"""Files of settings in TOML, as they are and broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from mheight.errors import ConfigError
from mheight.experiments.toml_reading import shown, toml_value, toml_values


def reason(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        toml_values(path, "run file")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_values_come_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('name = "ä"\n[data]\nsizes = [1, 2.5]\nnone = {}\n', "utf-8")
    assert toml_values(path, "run file") == {
        "name": "ä",
        "data": {"sizes": [1, 2.5], "none": {}},
    }
    path.write_text("", "utf-8")
    assert toml_values(path, "run file") == {}


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    assert reason(path) == f"{path}: no such run file"
    assert reason(tmp_path) == f"{tmp_path}: a file is needed"
    path.write_bytes(b'name = "\xff"')
    assert reason(path).startswith(f"{path}: can't be read ('utf-8' codec can't decode byte 0xff")
    path.write_text("name = ", "utf-8")
    assert reason(path) == f"{path}: not valid TOML: Invalid value (at end of document)"
    path.write_text("a = 1\na = 2\n", "utf-8")
    assert reason(path) == f"{path}: not valid TOML: Cannot overwrite a value (at line 2, column 6)"


def test_a_file_of_a_megabyte_is_read_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(b"a = 1\n#" + b" " * (2**20 - 7))
    assert toml_values(path, "study") == {"a": 1}
    path.write_bytes(b"a = 1\n#" + b" " * (2**20 - 6))
    with pytest.raises(ConfigError, match=r"at most 1,048,576 bytes are read of a study$"):
        toml_values(path, "study")


@pytest.mark.parametrize("kind", ["lists", "tables", "both"])
def test_how_deep_values_may_be(kind: str) -> None:
    """Thirty-one, one in the other; not thirty-two."""

    def nested(depth: int) -> str:
        if kind == "lists":
            return "a = " + "[" * depth + "]" * depth
        if kind == "tables":
            return ".".join("a" * depth) + " = 1"
        return "a = " + "[" * (depth - 2) + "{a = 1}" + "]" * (depth - 2)

    assert "a" in toml_value(nested(31), "here")
    with pytest.raises(ConfigError, match=r"^here: not valid TOML: nested too deeply$"):
        toml_value(nested(32), "here")
    with pytest.raises(ConfigError, match=r"^here: not valid TOML: nested too deeply$"):
        toml_value("a = " + "[" * 5000 + "]" * 5000, "here")


def test_a_value_in_a_message() -> None:
    assert shown("two\nlines") == r"'two\nlines'"
    assert shown({"a": [1, 2]}) == "{'a': [1, 2]}"
    assert shown("x" * 78) == "'" + "x" * 78 + "'"  # 80 characters
    assert shown("x" * 79) == "'" + "x" * 76 + "..."
    assert shown(10**5000) == "a number of thousands of digits"
    assert shown("a   b") == "'a b'"
