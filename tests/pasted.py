"""What people paste, and what it is: the readers in Python and on the page agree on all of it."""

from __future__ import annotations

BASE = [[1.0, 0.0, 1.0], [0.0, 1.0, 0.5]]
"""What the first texts are."""

SAME: tuple[str, ...] = (
    "1 0 1; 0 1 .5",
    "1 0 1\n0 1 5e-1\n",
    "1,0,1;0,1,1/2",
    "1, 0, 1\n0, 1, 0.5",
    "1\t0\t1\r\n0\t1\t0.5\r\n",
    "1;0;1\n0;1;0.5",
    "[1 0 1; 0 1 0.5]",
    "[1, 0, 1; 0, 1, 0.5];",
    "[1 0 1\n 0 1 0.5]",
    "[1 0 1 % first\n 0 1 0.5 % second\n]",
    "[[1, 0, 1], [0, 1, 0.5]]",
    '[["1", "0", "1"], ["0", "1", "1/2"]]',
    "[[1.  0.  1. ]\n [0.  1.  0.5]]",
    "array([[1. , 0. , 1. ],\n       [0. , 1. , 0.5]])",
    "np.array([[1, 0, 1], [0, 1, 0.5]], dtype=np.float32)",
    "A = numpy.array([[1, 0, 1],\n [0, 1, 0.5]], dtype=object)",
    "tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.5]])",
    "Matrix([[1, 0, 1], [0, 1, 1/2]])",
    "{{1, 0, 1}, {0, 1, 1/2}}",
    "((1, 0, 1), (0, 1, 0.5))",
    "[1 0 1]\n[0 1 0.5]",
    "1 0 | 1; 0 1 | 1/2",
    "[1 0 | 1; 0 1 | ½]",
    "| 1 0 1 |\n| 0 1 ½ |",
    "⎡1  0   1 ⎤\n⎢         ⎥\n⎣0  1  1/2⎦",
    r"\begin{bmatrix} 1 & 0 & 1 \\ 0 & 1 & \frac{1}{2} \end{bmatrix}",
    r"$$\begin{pmatrix}1&0&1\\0&1&\tfrac12\end{pmatrix}$$",
    r"\left[\begin{array}{cc|c} 1 & 0 & 1 \\ \hline 0 & 1 & {0.5} \end{array}\right]",
    r"\begin{align} \begin{pmatrix} 1 & 0 & 1 \\[2pt] 0 & 1 & 0.5 \\ \end{pmatrix} \end{align}",
    "1 & 0 & 1 \\\\ 0 & 1 & 1/2",
    "\ufeff1 0 1\n0 1 0.5",
)

OTHERS: tuple[tuple[str, list[list[float]], str | None], ...] = (
    ("1 \u22122 \u20133", [[1, -2, -3]], None),
    ("1½ \u2212¾ ⅓ ⅛", [[1.5, -0.75, 1 / 3, 0.125]], None),
    ("1\u20442 3", [[0.5, 3]], None),
    ("H = [1 1 1]", [[1, 1, 1]], "H"),
    ("P = [[1, 2], [3, 4]]", [[1, 2], [3, 4]], "P"),
    ("G := 1 0 1; 0 1 1", [[1, 0, 1], [0, 1, 1]], "G"),
    (r"G = \begin{bmatrix} 1 & -\frac{-3}{4} \end{bmatrix}", [[1, 0.75]], "G"),
    ('{"P": [[1, 2]]}', [[1, 2]], "P"),
    ("[1 2 3]", [[1, 2, 3]], None),
    ("[1, 2, 3]", [[1, 2, 3]], None),
    ("-1 5 1; 2 3 4", [[-1, 5, 1], [2, 3, 4]], None),
    ("1, 0 2", [[1, 0, 2]], None),
    ("1\u00a00\u00a02", [[1, 0, 2]], None),
)


_TWO_WAYS = (
    "'{0}' is {1} or the two numbers {2} and {3}: write decimals with a point, or '{2}, {3}'",
    "“{0}” is {1} or the two numbers {2} and {3}: write decimals with a point, or put a space "
    "behind a comma between numbers.",
)
_NO_NUMBER = (
    "a matrix is written [[1, 0, 1], [0, 1, 1]] or '1 0 1; 0 1 1', got {0!r} "
    "(row 0, column {1}: a number is needed, got {2!r})",
    "In row 1, column {3} there is “{2}”, which is no number.",
)
_RAGGED = (
    "rows of one length are needed, got 2 entries in row 0 and 1 entry in row 1",
    "Rows must have one length: row 1 has 2 entries, row 2 has 1.",
)
_LEFT_OUT = (
    "entries are left out (...): print all of them, in NumPy with "
    "np.set_printoptions(threshold=np.inf), or save a file",
    "Entries are left out (…): print all of them, or save a file.",
)
_BARS = (
    "the bars of row 0 and row 1 must stand at the same place",
    "The bars of all rows must stand at the same place.",
)
_FIXED_SPACE = (
    "row 0: '{0}', with a fixed space, is {1} or the numbers {2}: write thousands without a mark, "
    "or put plain spaces",
    "“{3}”, with a fixed space, is one number or several: write thousands without a mark, or put "
    "plain spaces.",
)


def _said(text: str, both: tuple[str, str], *parts: object) -> tuple[str, str, str]:
    """A text, and what Python and the page say of it."""
    ours, theirs = (message.format(*parts) for message in both)
    return text, ours, theirs


REFUSED: tuple[tuple[str, str, str], ...] = (
    _said("1 0 0,5; 0 1 1,5", _TWO_WAYS, "0,5", 0.5, 0, 5),
    _said("1 0 -0,5\n0 1 1,5", _TWO_WAYS, "-0,5", -0.5, "-0", 5),
    _said("1\t0\t0,5\n0\t1\t1,5", _TWO_WAYS, "0,5", 0.5, 0, 5),
    (
        "1;0;0,5\n0;1;1,5",
        "'0,5' is 0.5 or the two numbers 0 and 5: write decimals with a point, and separate "
        "entries by commas or by semicolons, not by both",
        "There are commas and semicolons in a line, and “0,5” is 0.5 or the two numbers 0 and 5; "
        "use one of them, and a point for decimals.",
    ),
    _said("1, 0,5; 0, 1,5", _TWO_WAYS, "0,5", 0.5, 0, 5),
    _said("1 | 0,5; 0 | 1,5", _TWO_WAYS, "0,5", 0.5, 0, 5),
    (
        "1,000 2,000; 1 2",
        "'1,000' is 1.000, 1000 or the two numbers 1 and 000: write decimals with a point, "
        "thousands without a mark, or '1, 000'",
        "“1,000” is 1.000, 1000 or the two numbers 1 and 000: write decimals with a point, or put "
        "a space behind a comma between numbers.",
    ),
    (
        "1 000 2 000",
        "row 0: '000' is the end of a number with a mark between thousands, or 0: write thousands "
        "without a mark, and no leading zeros",
        "“000” is the end of a number with a mark between thousands, or 0: write thousands "
        "without a mark, and no leading zeros.",
    ),
    _said("1\u00a0234 5", _FIXED_SPACE, "1 234", 1234, "1 and 234", "1\u00a0234"),
    _said("12\u202f345\t6\n1\t2", _FIXED_SPACE, "12 345", 12345, "12 and 345", "12\u202f345"),
    _said("1 1_0", _NO_NUMBER, "1 1_0", 1, "1_0", 2),
    _said("1 0x10", _NO_NUMBER, "1 0x10", 1, "0x10", 2),
    _said("1 2; 3", _RAGGED),
    _said("[[1, 2], [3]]", _RAGGED),
    (
        "[[1, 2",
        "the brackets do not match",
        "The brackets do not match: each row needs one [ and one ], and so does the whole.",
    ),
    _said("[[1 0 ... 0]\n [0 1 ... 1]]", _LEFT_OUT),
    _said("[[1, 0, …, 1]]", _LEFT_OUT),
    _said(r"\begin{bmatrix} 1 & \cdots & 2 \end{bmatrix}", _LEFT_OUT),
    (
        r"\begin{bmatrix} 1 & 2",
        r"\begin{bmatrix} has no \end{bmatrix}",
        r"\begin{bmatrix} has no \end{bmatrix}.",
    ),
    _said(r"1\frac12 & 2", _NO_NUMBER, r"1\frac12 & 2", 0, "1 1/2", 1),
    _said("1 0 | 1; 0 | 1 1", _BARS),
    _said("I | 1 2; 3 4", _BARS),
    (
        "",
        "a matrix is needed, such as '1 0 1; 0 1 1', got an empty text",
        "There is no matrix yet. Write rows of numbers, such as 1 0 1; 0 1 1, or "
        "[[1, 0, 1], [0, 1, 1]].",
    ),
    (
        "1 0\n\n0 1",
        "a blank line separates matrices; give one at a time",
        "A blank line separates matrices; give one matrix at a time.",
    ),
    (
        "[[[1, 2]], [[1, 3]]]",
        "these are several matrices; give one at a time, or a file",
        "These are several matrices; give one at a time.",
    ),
    (
        "1 sqrt(2)",
        "a matrix is written [[1, 0, 1], [0, 1, 1]] or '1 0 1; 0 1 1', got '1 sqrt(2)' "
        "(a number is needed, got 'sqrt(2)')",
        "There is “sqrt(2)”, which is no number.",
    ),
    _said("1 2i", _NO_NUMBER, "1 2i", 1, "2i", 2),
    _said("1 10² 3", _NO_NUMBER, "1 10² 3", 1, "10²", 2),
    (
        "1/0 1",
        "row 0, column 0: a denominator is 0: '1/0'",
        "In row 1, column 1 there is a division by zero.",
    ),
    (
        "1e-400 1",
        "1e-400 is too small for a float: 1.8e308 to 5e-324 are held; --exact holds it",
        "In row 1, column 1 the number is too small.",
    ),
    (
        "1e400 1",
        "1e400 is too large for a float: 1.8e308 to 5e-324 are held; --exact holds it",
        "In row 1, column 1 the number is too large.",
    ),
    (
        '{"P": [[1, 2]], "P": [[3, 4]]}',
        "the key 'P' comes twice in an object",
        "The key P comes twice in the object.",
    ),
    (
        '{"P": [[1, 2]], "H": [[3, 4]]}',
        "the text: an object needs exactly one of the keys G, P and H, a list of matrices under "
        "one key, or matrices alone by name, got P, H",
        "An object needs exactly one of the keys G, P and H.",
    ),
    (
        "x" * 100,
        "a matrix is written [[1, 0, 1], [0, 1, 1]] or '1 0 1; 0 1 1', got "
        f"'{'x' * 57}...' (row 0, column 0: a number is needed, got '{'x' * 57}...')",
        f"In row 1, column 1 there is “{'x' * 22}…”, which is no number.",
    ),
)
"""Texts that are refused, and what is said of them: by Python, and by the page."""
