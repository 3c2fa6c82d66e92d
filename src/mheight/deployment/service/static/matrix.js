// From what somebody types or pastes to a matrix.

import { BAR, cellsOf, decimalComma, unquoted, withoutHeader } from "./cells.js";
import { isLatex, latexCells } from "./latex.js";

/** Says in one sentence why a text is no matrix. */
export class MatrixError extends Error {
  /** final: nobody else could read the text either. */
  constructor(message, final = false) {
    super(message);
    this.final = final;
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const FRACTION = /^([+-]?\d+)\s?\/\s?(\d+)$/;
const VULGAR = /^([+-]?)(\d*)([\u00bc-\u00be\u2150-\u215e\u2189])$/;
const NOT_FINITE = /^[+-]?(inf|infinity|nan)$/i;
const ASSIGNED = /^(?:\$+|\\\[|\\\()?\s*\\?([A-Za-z_]\w*)\s*(?::=|=|<-)\s*(?=\S)/;
// "np.array(", "Matrix(" and the like.
const CALL = /^[A-Za-z_][\w.]*\s*\(\s*(?=[[{(A-Za-z])/;
const SCALAR = /\b(?:(?:np|numpy)\.)?(?:float|int|uint)(?:16|32|64|8)\(([^(),]*)\)/g;
const AS_TYPED = "Write rows of numbers, such as 1 0 1; 0 1 1, or [[1, 0, 1], [0, 1, 1]]";

const complain = (message) => {
  throw new MatrixError(message);
};

/**
 * Rows of numbers from a text.
 *
 * Reads rows between semicolons or line ends, CSV with commas, semicolons or tabs and perhaps a
 * header g0, g1, ..., JSON, also {"G": [[...]]}, what NumPy prints, np.array([...]), [1 0; 0 1]
 * as in MATLAB, LaTeX, and [I | P] with a bar.  Fractions and signs such as \u00bd are numbers.
 * What can be read in two ways is refused; the readers in Python do the same (tests/pasted.py).
 *
 * Returns {rows, texts, kind, notP}: numbers, the same as text, G, P or H where the text says
 * so, else null, and why the matrix can be no P, if there is a reason.
 */
export function parseMatrix(text) {
  let rest = text
    .replace(/^\uFEFF/, "")
    .replace(/[\u2010-\u2014\u2212\u2796\ufe58\ufe63\uff0d]/g, "-")
    .replace(/[\u2044\u2215\uff0f]/g, "/")
    .trim();
  if (!rest) throw new MatrixError(`There is no matrix yet. ${AS_TYPED}.`);
  const named = fromObject(rest);
  if (named) return named;
  if (/\.\.\.|\u2026|\\[cvdl]?dots/.test(rest)) {
    throw new MatrixError("Entries are left out (\u2026): print all of them, or save a file.");
  }
  if (/[\u239b-\u23a6\u2502]/.test(rest)) {
    const drawn = rest.replace(/[\u239b-\u23a6]/g, " ").replace(/\u2502/g, "|");
    rest = drawn.split("\n").filter((line) => line.trim()).join("\n").trim();
  }
  let kind = null;
  const assigned = ASSIGNED.exec(rest);
  if (assigned) {
    kind = ["G", "P", "H"].includes(assigned[1]) ? assigned[1] : null;
    rest = rest.slice(assigned[0].length).trim();
  }
  const { rows: texts, notP } = read(rest);
  const found = numbers(texts);
  return { texts: texts.map((row) => row.map(plain)), rows: found, kind, notP };
}

function read(text) {
  if (isLatex(text)) {
    const { rows, bar } = latexCells(text, complain);
    return { rows, notP: bar ? BAR : "" };
  }
  return bracketed(text.replace(SCALAR, "$1")) ?? lines(text);
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
  for (const name of kinds) {
    if (text.split(`"${name}"`).length > 2) throw new MatrixError(`The key ${name} comes twice in the object.`);
  }
  if (kinds.length !== 1) throw new MatrixError("An object needs exactly one of the keys G, P and H.");
  const matrix = JSON.stringify(found[kinds[0]]);
  if (!matrix.startsWith("[[")) throw new MatrixError(`${kinds[0]} must be a list of rows.`);
  return { ...parseMatrix(matrix), kind: kinds[0] };
}

/** Cells of nested brackets, or null if rows are not in brackets of their own. */
function bracketed(text) {
  let inside = text.replace(/[;,]\s*$/, "");
  for (let call = CALL.exec(inside); call && inside.endsWith(")"); call = CALL.exec(inside)) {
    inside = inside.slice(call[0].length, -1).trim();
    inside = inside.replace(/(?:,\s*\w+\s*=[^=[\]]*)+$/, "").replace(/,\s*$/, "").trim();
  }
  const called = /[A-Za-z_][\w.]*\([^()]*\)/.exec(inside);
  if (called) throw new MatrixError(`There is ${quoted(called[0])}, which is no number.`);
  if (/^[[{(]/.test(inside)) inside = inside.replace(/[({]/g, "[").replace(/[)}]/g, "]");
  if (!inside.startsWith("[")) return null;
  if (!/^\[\s*\[/.test(inside)) {
    if (/^\[[^[\]]*\](\s*,?\s*\[[^[\]]*\])+$/.test(inside)) return bracketed(`[${inside}]`);
    // [1 0; 0 1]: the rows are as if typed.
    const end = inside.indexOf("]");
    if (end < 0) throw new MatrixError("A closing bracket ] is missing.");
    if (inside.slice(end + 1).trim()) throw new MatrixError(`The brackets do not match. ${AS_TYPED}.`);
    const filled = inside.slice(1, end).split("\n").filter((line) => line.trim()).join("\n");
    return cellsOf(rowsOf(filled), complain, { listed: true });
  }
  if (/^\[\s*\[\s*\[/.test(inside)) {
    throw new MatrixError("These are several matrices; give one at a time.");
  }
  const body = /^\[([^]*)\]$/.exec(inside);
  const rows = body ? [...body[1].matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1]) : [];
  const between = body ? body[1].replace(/\[[^[\]]*\]/g, "").replace(/[\s,;]/g, "") : "]";
  if (between) {
    throw new MatrixError(
      /[[\]]/.test(between)
        ? "The brackets do not match: each row needs one [ and one ], and so does the whole."
        : `Between the rows there is ${quoted(between)}, which belongs to no row.`,
    );
  }
  const spaced = rows.map((row) => row.replace(/["']/g, " ").replace(/\s+/g, " ").trim());
  return cellsOf(spaced, complain, { listed: true });
}

/** Rows between line ends and semicolons, without comments. */
function rowsOf(text) {
  const uncommented = text.split(/\r\n|\r|\n/).map((line) => line.replace(/(^|[\s;])[#%].*$/, "$1"));
  return uncommented.flatMap((line) => line.split(";")).map((row) => row.trim()).filter(Boolean);
}

/** Cells of rows between line ends or semicolons. */
function lines(text) {
  const all = text.split(/\r\n|\r|\n/);
  const filled = all.map((line) => line.replace(/(^|[\s;])[#%].*$/, "$1").replace(/;\s*$/, "").replace(/^ +| +$/g, ""));
  if (filled.some((line, i) => !line.trim() && filled.slice(0, i).some(Boolean) && filled.slice(i).some(Boolean))) {
    throw new MatrixError("A blank line separates matrices; give one matrix at a time.");
  }
  const given = filled.filter((line) => line.trim());
  const several = given.length > 1;
  if (several && given.every((line) => line.includes(";"))) {
    if (given.some((line) => line.includes(","))) {
      const cell = given.join(";").split(";").find((part) => /^\s*[-+]?\d+,\d+\s*$/.test(part));
      throw new MatrixError(
        `There are commas and semicolons in a line${cell ? `, and ${quoted(cell.trim())} is ${decimalComma(cell.trim())}` : ""}; use one of them, and a point for decimals.`,
      );
    }
    const split = given.map((line) => line.split(";").map((cell) => cell.trim()));
    if (split.every((row) => row.every((cell) => !/\s/.test(cell)))) {
      return { rows: withoutHeader(split.map((row) => row.map(unquoted)), complain), notP: "" };
    }
  }
  const rows = given.flatMap((line) => line.split(";"));
  if (!several && rows.some((row) => !row.trim())) throw new MatrixError("A row between semicolons is empty.");
  const named = several && /[,\t]/.test(given[0]) && !given[0].includes(";");
  const found = cellsOf(rows.filter((row) => row.trim()), complain);
  return named ? { ...found, rows: withoutHeader(found.rows, complain) } : found;
}

/** A number in ASCII: 3/2 for 1\u00bd. */
function plain(cell) {
  const vulgar = VULGAR.exec(cell);
  if (vulgar) {
    const [, sign, whole, mark] = vulgar;
    const [over, under] = mark.normalize("NFKC").split("\u2044").map(Number);
    return `${sign}${Number(whole) * under + over}/${under}`;
  }
  return cell.replace(/\s*\/\s*/, "/");
}

function numbers(texts) {
  if (!texts.length) throw new MatrixError(`There are no numbers. ${AS_TYPED}.`);
  return texts.map((row, i) => {
    if (!row.length) throw new MatrixError(`Row ${i + 1} is empty.`);
    const values = row.map((cell, j) => value(cell, `row ${i + 1}, column ${j + 1}`));
    if (row.length !== texts[0].length) {
      throw new MatrixError(
        `Rows must have one length: row 1 has ${texts[0].length} entries, row ${i + 1} has ${row.length}.`,
        true,
      );
    }
    return values;
  });
}

function value(written, where) {
  const cell = plain(written);
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
  } else if (/^[-+]?\d+,\d+$/.test(cell)) {
    throw new MatrixError(`In ${where}, ${quoted(cell)} is ${decimalComma(cell)}: write decimals with a point.`);
  } else {
    throw new MatrixError(`In ${where} there is ${quoted(cell)}, which is no number.`);
  }
  if (found === 0 && /[1-9]/.test(cell.split(/[eE/]/)[0])) {
    throw new MatrixError(`In ${where} the number is too small.`);
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
