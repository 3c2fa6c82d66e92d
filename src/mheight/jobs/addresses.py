"""What the option `--cluster` names: local:N, an address, or a scheduler's file."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from mheight.errors import JobError

__all__ = ["ClusterName", "cluster_name"]

_MOST_LOCAL = 4096
_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):(\d{1,5})/?")
_ANSWER = 4.0  # seconds for a connection


@dataclass(frozen=True)
class ClusterName:
    """A cluster that is asked for.

    Attributes:
        text: as it was typed, for messages.
        local: how many processes of this machine; None for a scheduler elsewhere.
        address: of the scheduler; None for local ones.
    """

    text: str
    local: int | None = None
    address: str | None = None

    def require_answer(self) -> None:
        """Say within seconds that nobody listens there.

        Raises:
            JobError: no connection.
        """
        found = _ADDRESS.fullmatch(self.address or "")
        if found is None:
            return
        host, port = found[2].strip("[]"), int(found[3])
        try:
            with socket.create_connection((host, port), timeout=_ANSWER) as found_there:
                # A scheduler speaks first; over TLS it waits.
                speaks = found[1] != "tcp" or bool(found_there.recv(1))
            if not speaks:
                raise ConnectionError("it ends the connection")
        except TimeoutError:
            raise JobError(
                f"no scheduler of Dask answers at {self.address} within {_ANSWER:g} s"
            ) from None
        except (OSError, OverflowError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise JobError(
                f"no scheduler answers at {self.address} ({reason}); dask scheduler starts one"
            ) from None


def cluster_name(text: str) -> ClusterName:
    """Read `local:N`, `tcp://host:8786` or the name of a scheduler's file.

    Raises:
        JobError: something else, or a file that is not a scheduler's.

    Examples:
        >>> cluster_name("local:2").local
        2
        >>> cluster_name("tcp://node1:8786").address
        'tcp://node1:8786'
    """
    if found := re.fullmatch(r"local:(\d{1,6})", text):
        count = int(found[1])
        if not 1 <= count <= _MOST_LOCAL:
            raise JobError(f"local:N needs 1 <= N <= {_MOST_LOCAL}, got {text}")
        return ClusterName(text, local=count)
    if found := _ADDRESS.fullmatch(text):
        if not 1 <= int(found[3]) <= 65535:
            raise JobError(f"{text}: a port is 1 to 65535")
        return ClusterName(text, address=text)
    if text.endswith(".json"):
        return ClusterName(text, address=_address_in(Path(text)))
    raise JobError(
        f"a cluster is local:N, tcp://host:port or a scheduler's .json file, got {text[:60]!r}"
    )


def _address_in(path: Path) -> str:
    """The address in the file that `dask scheduler --scheduler-file` writes."""
    if not path.is_file():
        raise JobError(f"{path}: no such file; dask scheduler --scheduler-file {path} writes it")
    try:
        with path.open("rb") as stream:
            address = json.loads(stream.read(2**24))["address"]
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise JobError(f"{path}: not a file that dask scheduler --scheduler-file writes") from None
    return address
