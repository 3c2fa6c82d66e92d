// A file that somebody chose, read in the browser.

import { MatrixError } from "./matrix.js";
import { npyRows } from "./npy.js";

const LARGEST = 2 ** 20;
const READ = ["csv", "tsv", "json", "txt"];
const BINARY = ["npz", "parquet", "h5", "hdf5", "mat", "xlsx", "xls", "zip", "gz"];

/** The text of a .csv, .tsv, .json, .txt or .npy file of at most 1 MB. */
export async function readUpload(file) {
  const name = file.name;
  const ending = name.includes(".") ? name.split(".").pop().toLowerCase() : "";
  if (["pkl", "pickle"].includes(ending)) {
    throw new MatrixError(`${name} is a pickle, which could run code; save the matrix as CSV or JSON.`);
  }
  if (BINARY.includes(ending)) {
    throw new MatrixError(`${name} is a binary file; save the matrix as CSV, JSON or text.`);
  }
  if (!READ.includes(ending) && ending !== "npy") {
    throw new MatrixError(`${name} is not read here; a .csv, .tsv, .json, .txt or .npy file is needed.`);
  }
  if (file.size > LARGEST) throw new MatrixError(`${name} is larger than 1 MB; a matrix is needed.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (ending === "npy") return JSON.stringify(npyRows(bytes, name));
  const text = decoded(bytes, name);
  if (!text.replace(/^\uFEFF/, "").trim()) throw new MatrixError(`${name} is empty.`);
  return text;
}

function decoded(bytes, name) {
  const wide = { "255,254": "utf-16le", "254,255": "utf-16be" }[bytes.slice(0, 2).join()];
  try {
    const text = new TextDecoder(wide ?? "utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Falls through: no text.
  }
  throw new MatrixError(`${name} holds binary data, not text; save the matrix as CSV, JSON or text.`);
}
