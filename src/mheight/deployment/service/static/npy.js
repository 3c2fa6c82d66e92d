// Arrays of numbers that NumPy saved.

import { MatrixError } from "./matrix.js";

const READERS = {
  f8: "getFloat64", f4: "getFloat32", i8: "getBigInt64", i4: "getInt32", i2: "getInt16", i1: "getInt8",
  u8: "getBigUint64", u4: "getUint32", u2: "getUint16", u1: "getUint8", b1: "getUint8",
};

/** The rows of a matrix in a .npy file. */
export function npyRows(bytes, name) {
  const broken = new MatrixError(`${name} is a binary file that NumPy did not save, or not whole.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || String.fromCharCode(...bytes.slice(0, 6)) !== "\x93NUMPY") throw broken;
  const long = bytes[6] > 1;
  const start = (long ? 12 : 10) + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  if (start > bytes.length) throw broken;
  const header = new TextDecoder().decode(bytes.slice(long ? 12 : 10, start));
  const kind = /'descr':\s*'([<>|=]?)(\w+)'/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header);
  const sizes = /'shape':\s*\(([^)]*)\)/.exec(header);
  if (!order || !sizes) throw broken;
  const reader = READERS[kind?.[2]];
  if (!reader) throw new MatrixError(`${name} holds no real numbers; an array of float64 or of integers is needed.`);
  let shape = sizes[1].split(",").filter((part) => part.trim()).map(Number);
  if (shape.length === 3 && shape[0] === 1) shape = shape.slice(1);
  if (shape.length !== 2) {
    throw new MatrixError(`${name} has shape (${shape.join(", ")}); one matrix, of shape (k, n), is needed.`);
  }
  const [rows, columns] = shape;
  const width = Number(kind[2].slice(1));
  if (bytes.length - start < rows * columns * width) throw broken;
  const at = (i, j) => (order[1] === "True" ? j * rows + i : i * columns + j);
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (__, j) => entry(view[reader](start + at(i, j) * width, kind[1] !== ">"), name)),
  );
}

function entry(value, name) {
  const found = Number(value);
  if (!Number.isFinite(found)) throw new MatrixError(`${name}: entries must be finite.`);
  if (typeof value === "bigint" && BigInt(found) !== value) {
    throw new MatrixError(`${name} holds ${value}, a whole number that a page can't hold; save it as text.`);
  }
  return found;
}
