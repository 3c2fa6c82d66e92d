// The figures as tables.

import { h } from "./dom.js";
import { heightName, shown } from "./numbers.js";

/** What is known of a height, in a few characters. */
export function heightText(height) {
  if (height.infinite) return "inf";
  if (height.exact) return height.fraction ?? shown(height.height);
  const upper = height.upper === null ? "?" : shown(height.upper);
  return `${shown(height.lower ?? 1)} to ${upper}`;
}

/** Heights and predictions, one row an m; choose(m) where somebody presses its button. */
export function fillHeights(table, { heights, learned, chosen, choose }) {
  const guesses = new Map((learned?.predictions ?? []).map((guess) => [guess.m, guess]));
  const percent = learned ? `predicted, ${Math.round(learned.level * 100)}\u00a0% interval` : "";
  const fractions = heights.some((height) => height.fraction?.includes("/"));
  const head = ["m", "height", ...(fractions ? ["decimal"] : []), "log\u2082", ...(guesses.size ? [percent, "error in log\u2082"] : [])];
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
      h("td", {}, cells[0]),
      ...(fractions ? [h("td", {}, height.infinite ? "inf" : shown(height.height))] : []),
      h("td", { class: "roomy" }, cells[1]), ...more);
  });
  table.replaceChildren(
    h("caption", {}, caption(heights)),
    h("thead", {}, h("tr", {}, ...head.map((name, i) => h("th", { scope: "col", class: name === "log\u2082" ? "roomy" : null }, name)))),
    h("tbody", {}, ...rows),
  );
}

function caption(heights) {
  if (heights.every((x) => x.exact)) return "Exact heights.";
  const known = heights.filter((x) => x.exact).length;
  return `${known} of ${heights.length} heights known. The others lie between the bounds shown; ? is none.`;
}

function guessCells(guess, height) {
  const none = () => h("td", {}, "\u2013");
  if (!guess) return [none(), none()];
  const below = (text) => h("span", { class: "below" }, text);
  const flag = guess.flag ? [below(guess.flag)] : [];
  if (guess.infinite || guess.height === null) return [h("td", {}, "\u2013", ...flag), none()];
  const error = height.exact && !height.infinite ? Math.log2(guess.height / height.height) : null;
  const interval = below(`${shown(guess.low, 4)} to ${shown(guess.high, 4)}`);
  return [
    h("td", {}, shown(guess.height, 5), interval, ...flag),
    error === null ? none() : h("td", {}, signed(error)),
  ];
}

const signed = (x) => (x < 0 ? "\u2212" : "+") + Math.abs(x).toFixed(4);

/** The least ratio for each (located, detected) as a grid; returns a line that explains it. */
export function fillCapability(table, capability, heights, chosen) {
  const tasks = new Map(capability.map((task) => [`${task.located},${task.detected}`, task]));
  const most = Math.max(0, ...capability.map((task) => task.m));
  const detected = Array.from({ length: most + 1 }, (_, i) => i);
  const rows = [];
  for (let located = 0; 2 * located <= most; located += 1) {
    const cells = detected.map((more) => cell(tasks.get(`${located},${more}`), 2 * located + more, chosen));
    rows.push(h("tr", {}, h("th", { scope: "row" }, String(located)), ...cells));
  }
  table.replaceChildren(
    h("thead", {},
      h("tr", {}, h("td"), h("th", { scope: "colgroup", colspan: most + 1 }, "detected")),
      h("tr", {}, h("th", { scope: "col" }, "located"), ...detected.map((i) => h("th", { scope: "col" }, String(i)))),
    ),
    h("tbody", {}, ...rows),
  );
  table.parentElement.hidden = !capability.length;
  const marked = chosen <= most ? `Marked: what ${heightName(chosen)} decides. ` : "";
  return marked + beyond(most, heights.at(-1).m, heights.find((height) => height.m === most + 1));
}

function cell(task, m, chosen) {
  if (!m) return h("td");
  if (!task) return h("td", { class: "none" }, "\u2013");
  return h("td", m === chosen ? { class: "chosen" } : {}, shown(task.ratio, 5));
}

function beyond(most, redundancy, next) {
  const decides = "2 \u00b7 located + detected";
  if (!next) return `No code with n \u2212 k = ${redundancy} allows ${decides} > ${redundancy}.`;
  if (next.infinite) return `No ratio is enough for ${decides} \u2265 ${next.m}, since ${heightName(next.m)} is inf.`;
  return `What ${heightName(next.m)} and later heights decide is not known, since only bounds of these are.`;
}
