// From what somebody types or pastes to a matrix.

/** Says in one sentence why a text is no matrix. */
export class MatrixError extends Error {}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const FRACTION = /^([+-]?\d+)\/(\d+)$/;
const NOT_FINITE = /^[+-]?(inf|infinity|nan)$/i;
// "name =", "np.array(", both or neither.
const WRAPPER = /^(?:[A-Za-z_]\w*\s*=\s*(?=\S))?(?:[A-Za-z_][\w.]*\s*\(\s*(?=[[{(]))?/;
const AS_TYPED = "Write rows of numbers, such as 1 0 1; 0 1 1, or [[1, 0, 1], [0, 1, 1]]";

/**
 * Rows of numbers from a text.
 *
 * Reads rows between semicolons or line ends, CSV with commas, semicolons or tabs and perhaps a
 * header, JSON, also {"G": [[...]]}, what NumPy prints, np.array([...]) and [1 0; 0 1] as in
 * MATLAB.  Fractions are numbers.
 *
 * Returns {rows, texts, kind}: numbers, the same as they were written, and G, P or H where the
 * text says so, else null.
 */
export function parseMatrix(text) {
  let rest = text.replace(/^\uFEFF/, "").replace(/[\u2212\u2013]/g, "-").trim();
  if (!rest) throw new MatrixError(`There is no matrix yet. ${AS_TYPED}.`);
  const named = fromObject(rest);
  if (named) return named;
  let kind = null;
  const assigned = /^([GPH])\s*=/.exec(rest);
  if (assigned) {
    kind = assigned[1];
    rest = rest.slice(assigned[0].length).trim();
  }
  const texts = bracketed(rest) ?? lines(rest);
  return { texts, rows: numbers(texts), kind };
}

/** The matrix of {"G": [[...]]}, or null if the text is no such object. */
function fromObject(text) {
  if (!/^\{\s*"/.test(text)) return null;
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new MatrixError('The text begins as JSON but is none; {"G": [[1, 0], [0, 1]]} would be.');
  }
  const kinds = ["G", "P", "H"].filter((name) => name in found);
  if (kinds.length !== 1) throw new MatrixError("An object needs exactly one of the keys G, P and H.");
  const matrix = JSON.stringify(found[kinds[0]]);
  if (!matrix.startsWith("[[")) throw new MatrixError(`${kinds[0]} must be a list of rows.`);
  return { ...parseMatrix(matrix), kind: kinds[0] };
}

/** Cells of nested brackets, or null if rows are not in brackets of their own. */
function bracketed(text) {
  const wrapper = WRAPPER.exec(text)[0];
  let inside = text.slice(wrapper.length).replace(/;\s*$/, "");
  if (wrapper.includes("(")) {
    inside = inside.replace(/\)\s*$/, "").replace(/,\s*dtype\s*=[^\]]*$/, "").replace(/,\s*$/, "").trim();
  }
  if (/^[[{(]/.test(inside)) inside = inside.replace(/[({]/g, "[").replace(/[)}]/g, "]");
  if (!inside.startsWith("[")) return null;
  if (!/^\[\s*\[/.test(inside)) {
    // [1 0; 0 1]: the rows are as if typed.
    const end = inside.indexOf("]");
    if (end < 0) throw new MatrixError("A closing bracket ] is missing.");
    if (inside.slice(end + 1).trim()) throw new MatrixError(`The brackets do not match. ${AS_TYPED}.`);
    return lines(inside.slice(1, end));
  }
  if (/^\[\s*\[\s*\[/.test(inside)) {
    throw new MatrixError("These are several matrices; give one at a time.");
  }
  const body = /^\[([^]*)\]$/.exec(inside);
  const rows = body ? [...body[1].matchAll(/\[([^[\]]*)\]/g)].map((match) => cells(match[1])) : [];
  const between = body ? body[1].replace(/\[[^[\]]*\]/g, "").replace(/[\s,;]/g, "") : "]";
  if (between) {
    throw new MatrixError(
      /[[\]]/.test(between)
        ? "The brackets do not match: each row needs one [ and one ], and so does the whole."
        : `Between the rows there is ${quoted(between)}, which belongs to no row.`,
    );
  }
  return rows;
}

/** Cells of rows between line ends or semicolons. */
function lines(text) {
  const all = text.split(/\r\n|\r|\n/);
  const filled = all.map((line) => line.replace(/#.*$/, "").replace(/;\s*$/, "").trim());
  if (filled.some((line, i) => !line && filled.slice(0, i).some(Boolean) && filled.slice(i).some(Boolean))) {
    throw new MatrixError("A blank line separates matrices; give one matrix at a time.");
  }
  const given = filled.filter(Boolean);
  const several = given.length > 1;
  if (several && given.every((line) => line.includes(";"))) {
    if (given.some((line) => line.includes(","))) {
      throw new MatrixError(
        "There are commas and semicolons in a line; use one of them, and a point for decimals.",
      );
    }
    const split = given.map((line) => line.split(";").map((cell) => cell.trim()));
    if (split.every((row) => row.every((cell) => !/\s/.test(cell)))) {
      return withoutHeader(split.map((row) => row.map(unquoted)), several);
    }
  }
  const rows = given.flatMap((line) => line.split(";")).map((row) => row.trim());
  if (!several && rows.some((row) => !row)) throw new MatrixError("A row between semicolons is empty.");
  return withoutHeader(rows.filter(Boolean).map(cells), several);
}

function cells(row) {
  const trimmed = row.trim();
  if (!trimmed) return [];
  if (!trimmed.includes(",") && !trimmed.includes("\t")) return trimmed.split(/\s+/).map(unquoted);
  const mark = trimmed.includes(",") ? "," : "\t";
  const parts = trimmed.replace(/,$/, "").split(mark);
  // "1, 0 1" mixes both; take every number.
  return parts.flatMap((part) => (part.trim() ? part.trim().split(/\s+/) : [""])).map(unquoted);
}

const unquoted = (cell) => cell.replace(/^(["'])(.*)\1$/, "$2").trim();

function withoutHeader(rows, several) {
  const isName = (cell) => /^[^\d\s.+-]/.test(cell) && !NOT_FINITE.test(cell);
  return several && rows.length > 1 && rows[0].every(isName) ? rows.slice(1) : rows;
}

const isNumber = (cell) => NUMBER.test(cell) || FRACTION.test(cell);

function numbers(texts) {
  if (!texts.length) throw new MatrixError(`There are no numbers. ${AS_TYPED}.`);
  return texts.map((row, i) => {
    if (!row.length) throw new MatrixError(`Row ${i + 1} is empty.`);
    const values = row.map((cell, j) => value(cell, `row ${i + 1}, column ${j + 1}`));
    if (row.length !== texts[0].length) {
      throw new MatrixError(
        `Rows must have one length: row 1 has ${texts[0].length} entries, row ${i + 1} has ${row.length}.`,
      );
    }
    return values;
  });
}

function value(cell, where) {
  const fraction = FRACTION.exec(cell);
  let found = NaN;
  if (fraction) {
    if (Number(fraction[2]) === 0) throw new MatrixError(`In ${where} there is a division by zero.`);
    found = Number(fraction[1]) / Number(fraction[2]);
  } else if (NUMBER.test(cell)) {
    found = Number(cell);
  } else if (!cell) {
    throw new MatrixError(`In ${where} there is no number.`);
  } else if (NOT_FINITE.test(cell)) {
    throw new MatrixError(`In ${where} there is ${quoted(cell)}; entries must be finite.`);
  } else {
    throw new MatrixError(`In ${where} there is ${quoted(cell)}, which is no number.`);
  }
  if (!Number.isFinite(found)) throw new MatrixError(`In ${where} the number is too large.`);
  return found === 0 ? 0 : found;
}

const quoted = (text) => `\u201c${text.length > 24 ? `${text.slice(0, 22)}\u2026` : text}\u201d`;

/** How a matrix is written into the text field, one row a line. */
export function asText(texts) {
  return texts.map((row) => row.join(" ")).join("\n");
}

/** Entries as short texts, which give the same numbers when read. */
export const textsOf = (rows) => rows.map((row) => row.map((x) => String(x === 0 ? 0 : x)));

/** n and k of the code that a matrix describes as G, P or H. */
export function dimensions(kind, rows) {
  const [a, b] = [rows.length, rows[0].length];
  if (kind === "P") return { n: a + b, k: a };
  return kind === "H" ? { n: b, k: b - a } : { n: b, k: a };
}
