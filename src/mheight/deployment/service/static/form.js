// The field for the matrix, its kind, files, and what is wrong with them.

import { byId } from "./dom.js";
import { postMatrix } from "./api.js";
import { asText, dimensions, MatrixError, parseMatrix, textsOf } from "./matrix.js";
import { counted, withArticle } from "./numbers.js";
import { readUpload } from "./upload.js";

const DRAFT = "mheight-draft";
const field = byId("matrix");
const hint = byId("hint");
const FIRST_HINT = hint.textContent.replace(/\s+/g, " ");
let computed = null; // what was computed last, to say when it is no longer what is typed
let shownText = null; // the text that the result shown belongs to
let former = null; // what stood in the field before something replaced it

const chosenKind = () => document.querySelector("input[name=kind]:checked").value;

/** Prepare the form; compute({kind, texts, rows}) is called with what is typed or uploaded. */
export function prepareForm(compute) {
  const submit = async () => {
    const matrix = await read();
    if (matrix) compute(matrix);
  };
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    submit();
  });
  field.addEventListener("input", () => {
    saveDraft();
    showHint();
    showError("");
  });
  for (const radio of document.querySelectorAll("input[name=kind]")) {
    radio.addEventListener("change", () => {
      saveDraft();
      showHint();
    });
  }
  // On input, not on leaving the field: the button must not move under a click.
  for (const name of ["only-m", "exact"]) byId(name).addEventListener("input", showHint);
  byId("former").addEventListener("click", bringBack);
  byId("file").addEventListener("change", (event) => {
    const input = event.target;
    if (input.files.length) take(input.files[0], submit).finally(() => (input.value = ""));
  });
  for (const name of ["dragover", "drop"]) {
    // A file that misses the field would replace the page.
    window.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (name === "drop" && event.dataTransfer.files.length) take(event.dataTransfer.files[0], submit);
    });
  }
}

/** What is typed as {kind, texts, rows, only, exact}, or null after saying what is wrong. */
async function read() {
  const text = field.value;
  try {
    const { texts, rows, kind, notP } = await understood(text);
    if (field.value !== text) return null; // typed on meanwhile
    if (kind) select(kind);
    if (notP && chosenKind() === "P") throw new MatrixError(notP);
    const matrix = { kind: chosenKind(), texts, rows, source: "", ...options() };
    checkShape(matrix);
    showError("");
    return matrix;
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    showError(error.message);
    return null;
  }
}

/**
 * A text as the command line understands it, so that both give the same code.
 *
 * What this page can't read itself may still be LaTeX, or a matrix with a bar; what it can read
 * may have another reading, and is refused then.
 */
async function understood(text, file = null) {
  let mine = null;
  let problem = null;
  try {
    mine = parseMatrix(text);
  } catch (error) {
    if (!(error instanceof MatrixError) || error.final) throw error;
    problem = error;
  }
  if (mine && /^\s*\{\s*"/.test(text)) return mine; // JSON has one reading
  try {
    const { not_p: notP, ...theirs } = await postMatrix(text, file);
    return { ...theirs, notP: notP && `${notP.charAt(0).toUpperCase()}${notP.slice(1)}.` };
  } catch (error) {
    if (problem) throw problem;
    if (error.status !== 422) return mine; // whoever computes says that there is no service
    throw new MatrixError(error.message);
  }
}

/** The only m that is wanted, or null; and whether fractions are. */
export function options() {
  const only = Number(byId("only-m").value);
  return { only: Number.isInteger(only) && only > 0 ? only : null, exact: byId("exact").checked };
}

function checkShape({ kind, rows }) {
  const { n, k } = dimensions(kind, rows);
  const size = `${counted(rows.length, "row")} and ${counted(rows[0].length, "column")}`;
  if (kind === "G" && n <= k) {
    throw new MatrixError(`A generator matrix needs more columns than rows; this one has ${size}.`);
  }
  if (kind === "H" && k < 1) {
    throw new MatrixError(`A parity-check matrix needs more columns than rows; this one has ${size}.`);
  }
}

async function take(file, submit) {
  try {
    const text = await readUpload(file);
    const { texts, kind, notP } = await understood(text, file.name);
    if (notP && (kind ?? chosenKind()) === "P") throw new MatrixError(notP);
    put({ kind: kind ?? chosenKind(), texts });
    submit();
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    const named = error.message.startsWith(file.name) ? error.message : `${file.name}: ${error.message}`;
    showError(named, "file");
  }
}

/** Write a matrix into the field; what stood there can be brought back. */
export function put({ kind, rows, texts = textsOf(rows) }) {
  keepFormer();
  field.value = asText(texts);
  select(kind);
  saveDraft();
  showError("");
  showHint();
  return { kind, texts, rows };
}

function keepFormer() {
  if (!field.value.trim()) return;
  former = { text: field.value, kind: chosenKind() };
  byId("former").hidden = false;
}

function bringBack() {
  const { text, kind } = former;
  keepFormer();
  field.value = text;
  select(kind);
  saveDraft();
  showError("");
  showHint();
}

function select(kind) {
  document.querySelector(`input[name=kind][value=${kind}]`).checked = true;
}

/** Remember what the result belongs to. */
export function noteComputed({ kind, texts, only = null, exact = false }) {
  computed = JSON.stringify([kind, texts, only, exact]);
  shownText = field.value;
  showHint();
}

/** Whether what is typed is what the result shown belongs to. */
function isStale() {
  if (!computed) return false;
  if (["matrix", "file"].some((name) => byId(`${name}-error`).textContent)) return true;
  try {
    const { kind, texts } = parseMatrix(field.value);
    const { only, exact } = options();
    return computed !== JSON.stringify([kind ?? chosenKind(), texts, only, exact]);
  } catch {
    // LaTeX and the like: only the text itself can be compared.
    return field.value !== shownText;
  }
}

function showHint() {
  hint.textContent = hintText();
  markStale();
}

/** Dim a result that is not of what is typed, and say so beside it. */
function markStale() {
  const stale = isStale();
  byId("result").classList.toggle("stale", stale);
  byId("stale").hidden = !stale;
}

function hintText() {
  let matrix;
  try {
    matrix = parseMatrix(field.value);
  } catch {
    return FIRST_HINT;
  }
  const kind = matrix.kind ?? chosenKind();
  const { n, k } = dimensions(kind, matrix.rows);
  const size = `${counted(matrix.rows.length, "row")}, ${counted(matrix.rows[0].length, "column")}`;
  const code = k >= 1 && n > k ? `: ${kind} of ${withArticle({ n, k })} code.` : `: no ${kind} of a code with n > k \u2265 1.`;
  const changed = isStale();
  return `${size}${code}${changed ? " The result shown is of the matrix before this one." : ""}`;
}

/** Say what is wrong beside its field (matrix, file or random), or nothing. */
export function showError(message, of = "matrix") {
  for (const name of ["matrix", "file", "random"]) {
    byId(`${name}-error`).textContent = name === of ? message : "";
    if (message && name === of) byId(name).setAttribute("aria-invalid", "true");
    else byId(name).removeAttribute("aria-invalid");
  }
  if (message) byId("status").textContent = "";
  markStale();
}

function saveDraft() {
  try {
    sessionStorage.setItem(DRAFT, JSON.stringify({ text: field.value, kind: chosenKind() }));
  } catch {
    // No storage: a reload loses what was typed, nothing else.
  }
}

/** After a reload, what was typed before. */
export function restoreDraft() {
  try {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT));
    if (!draft) return;
    field.value = draft.text;
    select(draft.kind);
  } catch {
    return;
  }
  showHint();
}
