// The figures as tables.

import { h } from "./dom.js";
import { heightName, shown } from "./numbers.js";

/** What is known of a height, in a few characters. */
export function heightText(height) {
  if (height.infinite) return "no bound";
  if (height.exact) return shown(height.height);
  const upper = height.upper === null ? "?" : shown(height.upper);
  return `${shown(height.lower ?? 1)} to ${upper}`;
}

/** Heights and predictions, one row an m; choose(m) where somebody presses its button. */
export function fillHeights(table, { heights, learned, chosen, choose }) {
  const guesses = new Map((learned?.predictions ?? []).map((guess) => [guess.m, guess]));
  const percent = learned ? `${Math.round(learned.level * 100)} % interval` : "";
  const head = ["m", "height", "log\u2082", ...(guesses.size ? ["predicted", percent, "error in log\u2082"] : [])];
  const rows = heights.map((height) => {
    const { m } = height;
    const button = h("button", {
      type: "button", "data-m": m, "aria-pressed": String(m === chosen), tabindex: -1,
      "aria-label": `show the worst codeword of m = ${m}`,
    }, String(m));
    button.addEventListener("click", () => choose(m));
    const known = height.exact && !height.infinite;
    const cells = [heightText(height), known ? Math.log2(height.height).toFixed(4).replace("-", "\u2212") : "\u2013"];
    const guess = guesses.get(m);
    const more = guesses.size ? guessCells(guess, height) : [];
    return h("tr", m === chosen ? { class: "chosen" } : {}, h("th", { scope: "row" }, button),
      ...cells.map((cell) => h("td", {}, cell)), ...more);
  });
  table.replaceChildren(
    h("caption", {}, caption(heights)),
    h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...rows),
  );
}

function caption(heights) {
  if (heights.every((x) => x.exact)) return "Exact heights.";
  return "A height that was not found in time lies between the two bounds shown; ? is none.";
}

function guessCells(guess, height) {
  if (!guess) return ["\u2013", "\u2013", "\u2013"].map((cell) => h("td", {}, cell));
  const flag = guess.flag ? [h("span", { class: "flag" }, guess.flag)] : [];
  if (guess.infinite || guess.height === null) {
    return [h("td", {}, "\u2013", ...flag), h("td", {}, "\u2013"), h("td", {}, "\u2013")];
  }
  const error = height.exact && !height.infinite ? Math.log2(guess.height / height.height) : null;
  return [
    h("td", {}, shown(guess.height, 5), ...flag),
    h("td", {}, `${shown(guess.low, 4)} to ${shown(guess.high, 4)}`),
    h("td", {}, error === null ? "\u2013" : signed(error)),
  ];
}

const signed = (x) => (x < 0 ? "\u2212" : "+") + Math.abs(x).toFixed(4);

/** The least ratio for each (located, detected), as a grid. */
export function fillCapability(table, { capability, redundancy, chosen }) {
  const ratios = new Map(capability.map((task) => [`${task.located},${task.detected}`, task]));
  const most = Math.max(0, ...capability.map((task) => task.m));
  const detected = Array.from({ length: most + 1 }, (_, i) => i);
  const rows = [];
  for (let located = 0; 2 * located <= most; located += 1) {
    const cells = detected.map((more) => cell(ratios.get(`${located},${more}`), 2 * located + more, chosen));
    rows.push(h("tr", {}, h("th", { scope: "row" }, `${located} located`), ...cells));
  }
  table.replaceChildren(
    h("caption", {}, `Least \u0394/\u03b4. A dash: no ratio is enough, or not known.`),
    h("thead", {}, h("tr", {}, h("td"), ...detected.map((i) => h("th", { scope: "col" }, `${i} detected`)))),
    h("tbody", {}, ...rows),
  );
  table.hidden = !capability.length;
  return missing(most, redundancy);
}

function cell(task, m, chosen) {
  if (!m) return h("td");
  if (!task) return h("td", { class: "none" }, "\u2013");
  return h("td", m === chosen ? { class: "chosen" } : {}, shown(task.ratio, 5));
}

function missing(most, redundancy) {
  if (most === redundancy) return "";
  if (!most) return "This code locates and detects nothing, or nothing is known.";
  return `From 2 \u00b7 located + detected = ${most + 1} on no ratio is enough, or ${heightName(most + 1)} is not known.`;
}
