// A view in the fragment of the address: #G=1,0,1;0,1,1&m=2

import { MatrixError, parseMatrix } from "./matrix.js";

/** The fragment of a view. */
export function fragmentOf({ kind, texts, m }) {
  const matrix = texts.map((row) => row.join(",")).join(";");
  return `#${kind}=${matrix}${m ? `&m=${m}` : ""}`;
}

/**
 * The view of a fragment, {kind, texts, rows, m}, or null if it names none.
 *
 * A MatrixError has what could be read of it, {kind, texts}.
 */
export function viewOf(fragment) {
  const pairs = new Map();
  for (const part of fragment.replace(/^#/, "").split("&")) {
    const at = part.indexOf("=");
    if (at > 0) pairs.set(part.slice(0, at), part.slice(at + 1));
  }
  const kind = ["G", "P", "H"].find((name) => pairs.has(name));
  if (!kind) return null;
  let matrix;
  let text = pairs.get(kind);
  try {
    text = decodeURIComponent(text);
    // A comma separates here, whatever stands beside it.
    matrix = parseMatrix(text.replaceAll(",", ", "));
  } catch (error) {
    const why = error instanceof MatrixError ? error.message : "It is not written as it should be.";
    const texts = text.split(";").map((row) => row.split(","));
    throw Object.assign(new MatrixError(`The matrix in the link cannot be read. ${why}`), { kind, texts });
  }
  const m = Number(pairs.get("m"));
  return { kind, texts: matrix.texts, rows: matrix.rows, m: Number.isInteger(m) && m > 0 ? m : null };
}
