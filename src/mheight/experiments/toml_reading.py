"""Files of settings in TOML, of whatever is in them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from mheight.errors import ConfigError

__all__ = ["shown", "toml_value", "toml_values"]

_LARGEST = 2**20
_DEEPEST = 32


def toml_values(path: Path, what: str) -> dict[str, Any]:
    """What a TOML file says.

    Args:
        path: the file.
        what: what it should be, for messages.

    Raises:
        ConfigError: it can't be read; one line says why.
    """
    path = Path(path)
    if not path.exists():
        raise ConfigError(f"{path}: no such {what}")
    if not path.is_file():
        raise ConfigError(f"{path}: a file is needed")
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ConfigError(f"{path}: at most {_LARGEST:,} bytes are read of a {what}")
        return toml_value(content.decode("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read ({error})") from None


def toml_value(text: str, where: str) -> dict[str, Any]:
    """What a TOML text says.

    Raises:
        ConfigError: not TOML, or nested too deeply.
    """
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{where}: not valid TOML: nested too deeply") from None
    except ValueError as error:
        raise ConfigError(f"{where}: not valid TOML: {' '.join(str(error).split())}") from None
    level: list[Any] = [values]
    for _ in range(_DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return values
    raise ConfigError(f"{where}: not valid TOML: nested too deeply")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def shown(value: Any) -> str:
    """A value in a message: in one line, and not too long."""
    try:
        text = repr(value)
    except ValueError:  # an integer of too many digits to be written
        text = "a number of thousands of digits"
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "..."
