"""Small pickles that fill memory or run code, read in a process that can afford neither."""

from __future__ import annotations

import json
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import pytest

READERS = Path(__file__).resolve().parent / "readers.py"


def shared_list(levels: int, last: bytes = b"") -> bytes:
    """A list of ten references to a list of ten references to ..."""
    out = b"\x80\x02]q\x00(" + b"K\x01" * 10 + b"e"
    for level in range(levels):
        out += b"0]q%c(" % (level + 1) + b"h%c" % level * 10 + b"e"
    return out + last + b"."


def nested_encode(codec: bytes) -> bytes:
    text = b"X" + struct.pack("<I", 400) + b"a" * 400
    out = b"\x80\x02" + b"c_codecs\nencode\n" * 10 + text
    return out + (b"X" + struct.pack("<I", len(codec)) + codec + b"\x86R") * 10 + b"."


def array(dtype: bytes, state: bytes, shape: bytes, data: bytes) -> bytes:
    """An array as NumPy writes it, but for what is given."""
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
        b"(K\x01" + shape + b"cnumpy\ndtype\n" + dtype + b"\x89\x88\x87R" + state + b"b\x89"
        b"C" + bytes([len(data)]) + data + b"tb."
    )


def text(value: bytes) -> bytes:
    return b"U" + bytes([len(value)]) + value


PLAIN = b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"
POINTER = b"\x41" * 8

HOSTILE = {
    # An object dtype whose flag is cleared turns bytes of the file into a pointer.
    "pointer": array(text(b"O8"), PLAIN, b"K\x01\x85", POINTER),
    "pointer set": array(text(b"O8"), PLAIN.replace(b"K\x00", b"K\x3f"), b"K\x01\x85", POINTER),
    "fields": array(
        text(b"V8"),
        b"(K\x03U\x01|N(U\x01atq\x01}U\x01acnumpy\ndtype\nU\x02f8\x89\x88\x87RK\x7f\x86s"
        b"K\x08K\x01K\x00t",
        b"K\x01\x85",
        POINTER,
    ),
    "subarray": array(
        text(b"V8"), b"(K\x03U\x01|U\x02f8K\x7f\x85\x86NNK\x08K\x01K\x00t", b"K\x01\x85", POINTER
    ),
    "shape beyond the bytes": array(text(b"f8"), PLAIN, b"K\x05\x85", POINTER),
    "negative shape": array(text(b"f8"), PLAIN, b"J\xff\xff\xff\xff\x85", POINTER),
    "huge empty shape": array(
        text(b"f8"), PLAIN, b"(K\x00" + b"\x8a\x08" + b"\x7f" * 8 + b"t", b""
    ),
    "rows without entries": array(text(b"f8"), PLAIN, b"J\x00\xca\x9a\x3bK\x00\x86", b""),
    "objects without entries": array(
        text(b"O8"), PLAIN, b"J\x00\xca\x9a\x3bK\x00\x86", b""
    ).replace(b"C\x00", b"]"),
    "many axes": array(text(b"f8"), PLAIN, b"(" + b"K\x01" * 60 + b"t", POINTER),
    "no bytes": b"cnumpy\nndarray\n(J\x00\xa3\xe1\x11\x85U\x02f8tR.",
    "a list in a list": shared_list(9),
    "a list in itself": b"\x80\x02]q\x00h\x00a.",
    "a hundred thousand deep": b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
    "a hundred thousand marks": b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b".",
    "tuples in tuples": b"\x80\x02K\x01" + b"2\x86" * 60 + b".",
    "nested utf-16": nested_encode(b"utf-16"),
    "nested latin1": nested_encode(b"latin1"),
    "nested hex": nested_encode(b"hex"),
    "a huge memo index": b"\x80\x02Nr\xff\xff\xff\x3f.",
    "the same bytes as arrays": (
        b"\x80\x02B"
        + struct.pack("<I", 2**20)
        + b"\0" * 2**20
        + b"q\x00cnumpy\ndtype\nU\x02i1\x89\x88\x87R"
        + PLAIN
        + b"bq\x01cnumpy._core.numeric\n_frombuffer\nq\x02](h\x00"
        + b"h\x02(h\x00h\x01J\x00\x00\x10\x00\x85U\x01CtR" * 2000
        + b"e."
    ),
    "a promised length": b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"abc.",
    "an integer of megabytes": b"\x80\x02\x8b" + struct.pack("<I", 2**22) + b"\x7f" * 2**22 + b".",
    "digits": b"I" + b"9" * 100_000 + b"\n.",
    "colliding keys": (
        b"\x80\x02}("
        + b"".join(
            b"\x8a\x0c" + (i * (2**61 - 1)).to_bytes(12, "little") + b"N" for i in range(60_000)
        )
        + b"u."
    ),
    "colliding tuples": (
        b"\x80\x02}("
        + b"".join(b"J" + struct.pack("<i", i) + b"K\x01\x86N" for i in range(60_000))
        + b"u."
    ),
    "a name of megabytes": b"c" + b"a" * 2**22 + b"\nb\n.",
    "a name of two lines": b"\x80\x04\x8c\x02a\n\x8c\x01b\x93.",
    "a name that is a list": shared_list(9)[:-1] + b"h\x09\x93.",
    "a dtype altered": b"cnumpy\ndtype\nU\x02f8\x89\x88\x87R}U\x05shapeK\x07sb.",
    "a state on a list": b"]}b.",
    "an empty array left": (
        b"](cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87Re."
    ),
    "a name left": b"](cnumpy\nndarray\ne.",
    "two pickles": pickle.dumps([1.5]) * 2,
}

CHILD = """
import base64, json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import readers
path = Path(sys.argv[2])
attacks = json.loads(sys.stdin.read())
readers.limit_memory()
for name, content in attacks.items():
    path.write_bytes(content.encode("latin-1"))
    print(json.dumps([name, readers.outcome(readers.load_pickle, path)]), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("hostile") / "x.pkl"
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(READERS.parent), str(path)],
        input=json.dumps({name: content.decode("latin-1") for name, content in HOSTILE.items()}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pickle_is_refused(outcomes: dict[str, str], name: str) -> None:
    assert outcomes[name] == "refused"
