// Codes that somebody can take instead of typing: named ones and random ones.

import { getCodes, getRandom, isAbort } from "./api.js";
import { byId, h } from "./dom.js";
import { showError } from "./form.js";

const EXAMPLE = { n: 9, k: 4, seed: 1 };
let codes = [];
let drawing = null;

/** Prepare the choice of examples; take(code, source) is called with {n, k, G}. */
export function prepareExamples(take) {
  const list = byId("codes");
  list.addEventListener("change", showAbout);
  byId("take").addEventListener("click", () => {
    const code = codes.find((one) => one.id === list.value);
    if (code) take(code, code.name);
  });
  byId("draw").addEventListener("click", () => draw(take));
  byId("draw-next").addEventListener("click", () => {
    byId("random-seed").value = String(Number(byId("random-seed").value || 0) + 1);
    draw(take);
  });
  byId("random").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) draw(take);
  });
  byId("example").addEventListener("click", () => {
    for (const [name, value] of Object.entries(EXAMPLE)) byId(`random-${name}`).value = String(value);
    draw(take);
  });
  fillCodes(list);
}

async function fillCodes(list) {
  try {
    codes = await getCodes();
  } catch (error) {
    list.replaceChildren(h("option", { value: "" }, "not available"));
    byId("about").textContent = error.message;
    return;
  }
  list.replaceChildren(...codes.map(({ id, name, n, k }) => {
    const size = name.includes(`[${n}`) ? name : `${name} [${n}, ${k}]`;
    return h("option", { value: id }, size);
  }));
  showAbout();
}

function showAbout() {
  byId("about").textContent = codes.find((one) => one.id === byId("codes").value)?.about ?? "";
}

async function draw(take) {
  const [n, k, seed] = ["n", "k", "seed"].map((name) => Number(byId(`random-${name}`).value));
  if (![n, k, seed].every(Number.isInteger) || k < 1 || n <= k || seed < 0) {
    showError("A random code needs whole numbers n > k \u2265 1 and a seed of at least 0.", "random");
    return;
  }
  drawing?.abort();
  drawing = new AbortController();
  byId("status").textContent = "Drawing\u2026";
  try {
    const code = await getRandom(n, k, seed, drawing.signal);
    take(code, `Random code, seed ${code.seed}`);
  } catch (error) {
    if (!isAbort(error)) showError(error.message, "random");
  }
}
