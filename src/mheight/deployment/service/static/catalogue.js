// The page of good codes: a table that is filtered and sorted, and one code with its matrix.

import { byId, h } from "./dom.js";

const COLUMNS = [
  { name: "n" }, { name: "k" }, { name: "m" },
  { name: "kind", title: "entries", word: true },
  { name: "value", title: "height", show: (row) => (row.height.length <= 14 ? row.height : row.value.toPrecision(8)) },
  { name: "lower_value", title: "at least", show: (row) => row.lower_value.toPrecision(6) },
  { name: "gap", show: (row) => `${(100 * row.gap).toPrecision(3)} %` },
  { name: "status", title: "optimal", word: true },
  { name: "construction", title: "made by", word: true, long: true },
];
const MOST = 400; // rows that are drawn at once

let rows = [];
let order = { name: "n", falls: false };

/** The rows that the form asks for, in the order that is chosen. */
function wanted() {
  const number = (id) => (byId(id).value === "" ? null : Number(byId(id).value));
  const [n, k, m] = ["n", "k", "m"].map(number);
  const [kind, state] = [byId("kind").value, byId("state").value];
  const words = byId("words").value.trim().toLowerCase();
  const found = rows.filter((row) =>
    (n === null || row.n === n) && (k === null || row.k === k) && (m === null || row.m === m)
    && (!kind || row.kind === kind) && (!state || row.status === state)
    && (!words || `${row.construction} ${row.finder}`.toLowerCase().includes(words)));
  const { name, falls } = order;
  const sign = falls ? -1 : 1;
  // Sorting is stable, and the rows come by n, k, m.
  return found.sort((a, b) => sign * (typeof a[name] === "number" ? a[name] - b[name] : a[name].localeCompare(b[name])));
}

function draw() {
  const found = wanted();
  const body = byId("table").tBodies[0];
  body.replaceChildren(...found.slice(0, MOST).map(line));
  const left = found.length > MOST ? `, the first ${MOST} are shown` : "";
  byId("status").textContent = `${found.length} of ${rows.length} entries${left}`;
  for (const cell of byId("table").tHead.rows[0].cells) {
    cell.ariaSort = cell.dataset.name === order.name ? (order.falls ? "descending" : "ascending") : "none";
  }
}

function line(row) {
  const cells = COLUMNS.map(({ name, show, word, long }) => {
    const text = String(show ? show(row) : row[name]);
    const cell = h("td", { class: [word && "word", long && "long"].filter(Boolean).join(" ") || null });
    if (name === "value") cell.append(h("button", { type: "button", title: "Show the code" }, text));
    else cell.append(text);
    return cell;
  });
  const element = h("tr", {}, ...cells);
  element.addEventListener("click", () => show(row));
  return element;
}

async function show({ n, k, m, kind }) {
  const query = new URLSearchParams({ n, k, m, kind });
  const reply = await fetch(`api/catalogue/code?${query}`).catch(() => null);
  if (!reply?.ok) {
    byId("status").textContent = "The service does not answer; try again later.";
    return;
  }
  const code = await reply.json();
  byId("one-title").textContent = `[${n}, ${k}] code, ${kind} entries: h_${m} = ${code.height}`;
  byId("one-about").textContent = `${code.value}; at least ${code.lower_value} (${code.lower_rule}; `
    + `${code.lower_source}); ${code.status}; ${code.construction}; found by ${code.finder}, ${code.date}; `
    + `upper side proved in ${code.proof}.`;
  byId("one-matrix").textContent = code.matrix.map((row) => row.join("  ")).join("\n");
  byId("one-word").textContent = `A codeword that attains it: ${code.codeword.join(", ")}`;
  const typed = code.G.map((row) => row.join(",")).join(";");
  byId("one-open").href = `./#G=${typed}&m=${m}`;
  byId("one").hidden = false;
  byId("one").scrollIntoView({ block: "nearest" });
}

function save(text, type, name) {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function asCsv(found) {
  const names = Object.keys(found[0] ?? { n: 0 });
  const quoted = (x) => (/[",\n]/.test(String(x)) ? `"${String(x).replaceAll('"', '""')}"` : String(x));
  return [names, ...found.map((row) => names.map((name) => row[name]))].map((r) => r.map(quoted).join(",")).join("\n") + "\n";
}

async function begin() {
  byId("table").tHead.rows[0].append(...COLUMNS.map(({ name, title, word }) => {
    const button = h("button", { type: "button" }, title ?? name);
    button.addEventListener("click", () => {
      order = { name, falls: order.name === name && !order.falls };
      draw();
    });
    return h("th", { scope: "col", class: word ? "word" : null, "data-name": name }, button);
  }));
  byId("filter").addEventListener("input", draw);
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  byId("csv").addEventListener("click", () => save(asCsv(wanted()), "text/csv", "good-codes.csv"));
  byId("json").addEventListener("click", () => save(JSON.stringify(wanted(), null, 1), "application/json", "good-codes.json"));
  const reply = await fetch("api/catalogue").catch(() => null);
  if (!reply?.ok) {
    byId("status").textContent = "The service does not answer; load the page again later.";
    return;
  }
  rows = await reply.json();
  draw();
}

begin();
