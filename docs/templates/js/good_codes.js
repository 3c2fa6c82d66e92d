// The table of good codes: sorted, filtered, one code shown, what is shown saved.
(() => {
  const MOST = 300; // rows that are drawn at once
  const COLUMNS = [
    ["n", "n"], ["k", "k"], ["m", "m"], ["kind", "entries"],
    ["value", "height", (row) => (row.height.length <= 14 ? row.height : row.value.toPrecision(8))],
    ["lower_value", "at least", (row) => row.lower_value.toPrecision(6)],
    ["gap", "gap", (row) => `${(100 * row.gap).toPrecision(3)} %`],
    ["status", "optimal"], ["construction", "made by"],
  ];
  const byId = (id) => document.getElementById(id);
  const rows = window.goodCodes;
  const form = byId("codes-filter");
  let order = { name: "n", falls: false };

  const made = (name, text) => Object.assign(document.createElement(name), { textContent: text ?? "" });

  function wanted() {
    const { n, k, m, kind, status, words } = Object.fromEntries(new FormData(form));
    const said = words.trim().toLowerCase();
    const found = rows.filter((row) => (!n || row.n === Number(n)) && (!k || row.k === Number(k))
      && (!m || row.m === Number(m)) && (!kind || row.kind === kind) && (!status || row.status === status)
      && (!said || `${row.construction} ${row.finder}`.toLowerCase().includes(said)));
    const sign = order.falls ? -1 : 1;
    // Sorting is stable, and the rows come by n, k, m.
    return found.sort((a, b) => sign * (typeof a[order.name] === "number"
      ? a[order.name] - b[order.name] : a[order.name].localeCompare(b[order.name])));
  }

  function draw() {
    const found = wanted();
    byId("codes").tBodies[0].replaceChildren(...found.slice(0, MOST).map((row) => {
      const line = made("tr");
      for (const [name, , show] of COLUMNS) {
        const cell = made("td");
        const text = String(show ? show(row) : row[name]);
        if (name === "value") {
          const button = Object.assign(made("button", text), { type: "button", className: "btn btn-link p-0" });
          cell.append(button);
        } else cell.textContent = text;
        line.append(cell);
      }
      line.addEventListener("click", () => show(row));
      return line;
    }));
    const left = found.length > MOST ? `, the first ${MOST} are shown` : "";
    byId("codes-status").textContent = `${found.length} of ${rows.length} entries${left}`;
    for (const cell of byId("codes").tHead.rows[0].cells) {
      cell.ariaSort = cell.dataset.name !== order.name ? "none" : order.falls ? "descending" : "ascending";
    }
  }

  function show(row) {
    byId("one-code-title").textContent = `[${row.n}, ${row.k}] code, ${row.kind} entries: h_${row.m} = ${row.height}`;
    byId("one-code-about").textContent = `${row.value}; at least ${row.lower_value} (${row.lower_rule}; `
      + `${row.lower_source}); ${row.status}; ${row.construction}; found by ${row.finder}, ${row.date}.`;
    byId("one-code-matrix").textContent = row.matrix.map((line) => line.join("  ")).join("\n");
    byId("one-code-word").textContent = `A codeword that attains it: ${row.codeword.join(", ")}`;
    byId("one-code").hidden = false;
    byId("one-code").scrollIntoView({ block: "nearest" });
  }

  function save(text, type, name) {
    const link = Object.assign(made("a"), { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function asCsv(found) {
    const names = ["n", "k", "m", "kind", "height", "value", "lower", "lower_value", "gap", "status",
      "construction", "finder", "date", "proof"];
    const quoted = (x) => (/[",\n]/.test(String(x)) ? `"${String(x).replaceAll('"', '""')}"` : String(x));
    return [names, ...found.map((row) => names.map((name) => row[name]))]
      .map((line) => `${line.map(quoted).join(",")}\n`).join("");
  }

  byId("codes").tHead.rows[0].append(...COLUMNS.map(([name, title]) => {
    const cell = Object.assign(made("th"), { scope: "col" });
    cell.dataset.name = name;
    const button = Object.assign(made("button", title), { type: "button", className: "btn btn-link p-0" });
    button.addEventListener("click", () => {
      order = { name, falls: order.name === name && !order.falls };
      draw();
    });
    cell.append(button);
    return cell;
  }));
  form.addEventListener("input", draw);
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("codes-csv").addEventListener("click", () => save(asCsv(wanted()), "text/csv", "good-codes.csv"));
  byId("codes-json").addEventListener("click", () => save(JSON.stringify(wanted(), null, 1), "application/json", "good-codes.json"));
  draw();
})();
