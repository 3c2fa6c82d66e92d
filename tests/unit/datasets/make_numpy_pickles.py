"""Writes what one NumPy pickles: a line of JSON for `numpy_pickles.jsonl`.

Run with each NumPy that is to be covered, under any Python from 3.8 on:

    python make_numpy_pickles.py >> numpy_pickles.jsonl
"""

import base64
import json
import pickle
import sys
import zlib

import numpy as np


def value():
    """Arrays and numbers of each kind, in containers of each kind."""
    P = np.arange(20.0).reshape(4, 5) / 8
    return {
        "rows": [[9, 4, 2, P], [9, np.int64(4), 3, np.asfortranarray(P)]],
        "types": [np.arange(3).astype(t) for t in "?bhilqBHILQefd"],
        "big-endian": P.astype(">f8"),
        "view": P[::2, ::-1],
        "transposed": P.T,
        "empty": np.empty((0, 3)),
        "point": np.array(2.5),
        "scalars": (np.float64(0.1), np.float32(0.5), np.int8(-3), np.bool_(True)),
        "objects": np.array([1, 2.5, None, [3]], dtype=object),
        (9, 4, 2): [float("inf"), -0.0, 10**30, b"", b"\xff\x00", "\u00e9", True, None],
    }


if __name__ == "__main__":
    pickles = [
        base64.b64encode(zlib.compress(pickle.dumps(value(), protocol=protocol), 9)).decode()
        for protocol in range(6)
    ]
    line = {"numpy": np.__version__, "python": sys.version.split()[0], "protocols": pickles}
    print(json.dumps(line))
