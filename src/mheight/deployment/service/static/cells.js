// From rows of text to cells, where one separator means one thing.

const BARE_COMMA = /(?<![\d./eE+-])[-+]?\d+,\d+(?![\d./eE])/; // 0,5 and not 0.5,1
const LONE = /^[-+]?\d+,\d+$/;
const COORDINATE = /^([gph])_?(\d+)$/i;
const INDEX = ["", "index", "unnamed: 0", "row", "row_index"];

/** What to say of a cell such as 0,5. */
export function decimalComma(cell) {
  const [whole, rest] = cell.split(",");
  const thousands = rest.length === 3 ? `, ${whole}${rest}` : "";
  return `${whole}.${rest}${thousands} or the two numbers ${whole} and ${rest}`;
}

const advice = (cell) =>
  `\u201c${cell}\u201d is ${decimalComma(cell)}: write decimals with a point, or put a space behind a comma between numbers.`;

/** {rows, notP}: cells of rows, and why they can be no P. A bar may stand where P of [I | P] begins. */
export function cellsOf(rows, complain, { listed = false } = {}) {
  if (rows.every((row) => /^\|.*\|$/.test(row) && row.length > 1)) rows = rows.map((row) => row.slice(1, -1));
  refuseTwoReadings(rows, complain);
  if (!rows.some((row) => row.includes("|"))) {
    const lone = !listed && rows.length && rows.every((row) => LONE.test(row.trim()));
    return { rows: rows.map(rowCells), notP: lone ? `As P, ${advice(rows[0].trim())}` : "" };
  }
  const parts = rows.map((row) => row.split("|").map(rowCells));
  const widths = parts.map((row) => row.map((part) => part.length).join());
  if (widths.some((width) => width !== widths[0])) complain("The bars of all rows must stand at the same place.");
  const everywhere = parts[0].length > 2 && parts[0].every((part) => part.length === 1);
  return { rows: parts.map((row) => row.flat()), notP: everywhere ? "" : BAR };
}

export const BAR = "A bar belongs into [I | P], which is G: choose G, or leave out I and the bar.";

function rowCells(row) {
  if (row.trim().includes("\t")) return row.replace(/^ +| +$/g, "").split("\t").map(unquoted);
  const trimmed = row.trim();
  if (!trimmed) return [];
  if (!trimmed.includes(",")) return trimmed.split(/\s+/).map(unquoted);
  // "1, 0 1" mixes both; take every number.
  return trimmed.replace(/,$/, "").split(",")
    .flatMap((part) => (part.trim() ? part.trim().split(/\s+/) : [""])).map(unquoted);
}

export const unquoted = (cell) => cell.trim().replace(/^(["'])(.*)\1$/, "$2").trim();

function refuseTwoReadings(rows, complain) {
  const text = rows.join("\n");
  const bare = rows.map((row) => BARE_COMMA.exec(row)?.[0]).find(Boolean);
  const others = /[\t|]/.test(text) || rows.some((row) => /[^\s,]\s+[^\s,]/.test(row));
  if (bare && (others || /,[ \t]|[ \t],/.test(text))) complain(advice(bare));
  const spaced = /\d{1,3}(?:[\u00a0\u2007\u2009\u202f]\d{3})+(?!\d)/.exec(text);
  if (spaced) {
    complain(
      `\u201c${spaced[0]}\u201d, with a fixed space, is one number or several: write thousands without a mark, or put plain spaces.`,
    );
  }
  const ending = text.split(/[\s,|]+/).find((cell) => /^0\d\d$/.test(cell));
  if (ending) {
    complain(
      `\u201c${ending}\u201d is the end of a number with a mark between thousands, or ${Number(ending)}: write thousands without a mark, and no leading zeros.`,
    );
  }
}

/** Rows below a header that is understood; several lines with commas, semicolons or tabs may have one. */
export function withoutHeader(rows, complain) {
  if (rows.length < 2) return rows;
  const [first, ...below] = rows;
  const names = first.map((name) => name.toLowerCase());
  const isNumber = (cell) => /^[-+.]?\d/.test(cell);
  const named = names.filter((name) => !isNumber(name));
  if (!named.length) {
    if (counts(first)) {
      complain(
        `The first line, ${first.join(",").slice(0, 24)}, may name columns or be a row: leave it out, or write g0, g1, \u2026 above it.`,
      );
    }
    if (rows.length > 2 && first.length > 1 && counts(rows.map((row) => row[0]))) {
      complain("The first column counts rows or is a coordinate: leave it out, or write g0, g1, \u2026 above.");
    }
    return rows;
  }
  if (names.some((name) => isNumber(name)) && !counts(names.filter(isNumber))) return rows;
  const index = names.findIndex((name) => INDEX.includes(name));
  const rest = names.filter((_, i) => i !== index);
  const found = rest.map((name) => COORDINATE.exec(name));
  const letters = new Set(found.map((match) => match?.[1]));
  const order = found.map((match) => Number(match?.[2]));
  const inOrder = order.every((at, i) => at === order[0] + i) && order[0] < 2;
  if (!(index >= 0 && counts(rest)) && !(letters.size === 1 && !letters.has(undefined) && inOrder)) {
    if (!names.every((name) => /^[a-z_]|^$/.test(name))) return rows;
    complain(
      `The header ${first.join(", ").slice(0, 40)} is not understood: call columns g0, g1, \u2026, or leave it out.`,
    );
  }
  return below.map((row) => (row.length === first.length ? row.filter((_, i) => i !== index) : row));
}

/** Whether cells are 0, 1, 2, ... or 1, 2, 3, ... */
function counts(cells) {
  const from = (first) => cells.every((cell, i) => cell === String(first + i));
  return (cells.length > 1 && from(0)) || (cells.length > 2 && from(1));
}
