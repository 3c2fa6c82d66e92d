// Shows a result: texts, pictures and tables, for the chosen m.

import { codewordBars, ranking } from "./codeword_bars.js";
import { byId, h, s, whenResized } from "./dom.js";
import { counted, duration, heightName, shown, withArticle } from "./numbers.js";
import { profileChart } from "./profile_chart.js";
import { fillCapability, fillHeights, heightText } from "./tables.js";

const NAMES = { G: "a generator matrix", P: "P of [I | P]", H: "a parity-check matrix" };
let current = null;
let onChoice = () => {};

/** Prepare the page once; changed(m) is called when another m is chosen. */
export function prepareResult(changed) {
  onChoice = changed;
  whenResized(byId("chart"), drawChart);
  whenResized(byId("word"), drawWord);
  byId("chart").addEventListener("keydown", (event) => onKey(event, ["ArrowRight", "ArrowUp"], ["ArrowLeft", "ArrowDown"]));
  byId("heights").addEventListener("keydown", (event) => onKey(event, ["ArrowDown"], ["ArrowUp"]));
}

/** Show a result {kind, texts, rows, source, answer, learned, learnedLine, m}. */
export function showResult(result) {
  current = result;
  const { answer, kind, source } = result;
  const orders = answer.heights.map((height) => height.m);
  if (!orders.includes(result.m)) result.m = orders[0];
  byId("empty").hidden = true;
  byId("result").hidden = false;
  byId("result-title").textContent = `Height profile of ${withArticle(answer)} code`;
  const known = answer.heights.filter((height) => height.exact).length;
  const found = known < orders.length ? `${known} of ${counted(orders.length, "height")} known` : counted(orders.length, "height");
  byId("result-line").textContent = `${source ? `${source}: ` : ""}${found}, from ${
    NAMES[kind]}, ${result.exact ? "in fractions, " : ""}computed in ${duration(answer.seconds)}.`;
  byId("remark").hidden = !answer.remark;
  showLonger(result);
  byId("remark").textContent = answer.remark ? `Note: ${answer.remark.replace(/\.$/, "")}.` : "";
  byId("chart-title").textContent = chartTitle(answer.heights);
  const slider = byId("chart");
  slider.setAttribute("aria-valuemin", orders[0]);
  slider.setAttribute("aria-valuemax", orders.at(-1));
  showLegend();
  showChosen();
}

/** Offer a longer search where heights are missing. */
function showLonger({ answer, m }) {
  const missing = answer.heights.filter((height) => !height.exact);
  byId("longer").hidden = !missing.length;
  byId("longer-all").hidden = answer.heights.length === 1;
  const here = answer.heights.find((height) => height.m === m);
  byId("longer-one").hidden = !here || here.exact;
  byId("longer-one").textContent = `Only m = ${m}`;
}

/** Replace the answer of the result that is shown, as a search goes on. */
export function updateAnswer(answer) {
  if (!current) return;
  current.answer = answer;
  showResult(current);
}

/** Back to the page as it was before any result. */
export function hideResult() {
  current = null;
  byId("empty").hidden = false;
  byId("result").hidden = true;
}

/** Add or replace what the network says. */
export function showLearned(learned, line) {
  if (!current) return;
  Object.assign(current, { learned, learnedLine: line });
  showLegend();
  showChosen();
}

function chartTitle(heights) {
  const bounds = heights.filter((height) => !height.exact);
  if (bounds.length === heights.length) return "Only bounds of the heights were found in time";
  if (bounds.length) {
    return `Exact for m = ${rangeOf(heights.filter((height) => height.exact))}; bounds for m = ${rangeOf(bounds)}`;
  }
  const finite = heights.filter((height) => !height.infinite);
  if (!finite.length) return "Every height is inf: some codeword has one nonzero entry only";
  const [first, last] = [finite[0], finite.at(-1)];
  const rest = finite.length < heights.length
    ? `; inf from m = ${last.m + 1} on, the minimum distance` : "";
  if (finite.length === 1) return `The height at m = ${first.m} is ${shown(first.height, 4)}${rest}`;
  if (shown(first.height, 4) === shown(last.height, 4)) {
    return `The height is ${shown(first.height, 4)} from m = ${first.m} to ${last.m}${rest}`;
  }
  return `The height grows from ${shown(first.height, 4)} at m = ${first.m} to ${
    shown(last.height, 4)} at m = ${last.m}${rest}`;
}

function rangeOf(heights) {
  const orders = heights.map((height) => height.m);
  const whole = orders.at(-1) - orders[0] + 1 === orders.length;
  return orders.length > 1 && whole ? `${orders[0]} to ${orders.at(-1)}` : orders.join(", ");
}

function showLegend() {
  const { heights } = current.answer;
  const entries = [];
  if (heights.some((x) => x.exact && !x.infinite)) entries.push(["exact height", s("circle", { class: "exact", cx: 11, cy: 7, r: 4.5 })]);
  if (heights.some((x) => !x.exact)) entries.push(["between bounds", s("path", { class: "bound", d: "M2 7h18M2 3v8M20 3v8" })]);
  if (heights.some((x) => x.infinite)) entries.push(["inf: m \u2265 minimum distance d", s("circle", { class: "infinite", cx: 11, cy: 7, r: 5 })]);
  if (current.learned?.predictions.some((guess) => guess.height !== null)) {
    const mark = s("path", { class: "predicted", d: "M11 2l5 5l-5 5l-5 -5z" });
    const bar = s("path", { class: "interval", d: "M1 7h20M1 3v8M21 3v8" });
    entries.push([`predicted, with its ${Math.round(current.learned.level * 100)} % interval`, s("g", {}, bar, mark)]);
  }
  fillLegend("legend", entries);
}

function fillLegend(id, entries) {
  byId(id).replaceChildren(...entries.map(([text, mark]) =>
    h("li", {}, s("svg", { viewBox: "0 0 22 14", "aria-hidden": "true" }, mark), text)));
}

function showChosen() {
  const { answer, learned, m } = current;
  const height = answer.heights.find((one) => one.m === m);
  const slider = byId("chart");
  slider.setAttribute("aria-valuenow", m);
  slider.setAttribute("aria-valuetext", `m = ${m}, height ${heightText(height)}`);
  const inTable = document.activeElement?.matches?.("#heights button") ?? false;
  fillHeights(byId("heights"), { heights: answer.heights, learned, chosen: m, choose });
  const pressed = byId("heights").querySelector('[aria-pressed="true"]');
  pressed.tabIndex = 0;
  if (inTable) pressed.focus();
  const { capability, heights } = answer;
  byId("capability-line").textContent = fillCapability(byId("capability"), capability ?? [], heights, m);
  byId("learned").textContent = current.learnedLine ?? "";
  showLonger(current);
  showWord(height);
  drawChart(byId("chart").clientWidth);
}

function showWord(height) {
  const { m } = height;
  const word = height.codeword;
  byId("word-title").textContent = `Worst codeword for m = ${m}`;
  byId("word").hidden = byId("word-legend").hidden = byId("word-values").hidden = !word;
  if (!word) {
    byId("word-line").textContent = height.infinite
      ? `${heightName(m)} is inf: m is at least the minimum distance.`
      : `No codeword was found in time for m = ${m}.`;
    return;
  }
  const order = ranking(word);
  const [largest, reference] = [order[0], order[m]];
  const nth = `${m + 1}${{ 1: "st", 2: "nd", 3: "rd" }[m + 1 > 10 && m + 1 < 14 ? 0 : (m + 1) % 10] ?? "th"}`;
  const begin = `The largest magnitude is ${shown(largest.size)} (position ${largest.position}), the ${nth} largest ${
    shown(reference.size)} (position ${reference.position}).`;
  byId("word-line").textContent = `${begin} ${conclusion(height, largest.size / reference.size)}`;
  fillLegend("word-legend", [
    ["largest", s("rect", { class: "largest", x: 4, y: 1, width: 14, height: 12 })],
    ...(m > 1 ? [["between", s("rect", { class: "among", x: 4, y: 1, width: 14, height: 12 })]] : []),
    [`${nth} largest, and its level`, s("g", {}, s("rect", { class: "reference", x: 7, y: 1, width: 8, height: 12 }),
      s("line", { class: "level", x1: 0, x2: 22, y1: 1, y2: 1 }))],
    ["the rest", s("rect", { class: "rest", x: 4, y: 1, width: 14, height: 12 })],
  ]);
  byId("word-values").textContent = word.map((x) => shown(x)).join(", ");
  drawWord(byId("word").clientWidth);
}

function conclusion(height, ratio) {
  const name = heightName(height.m);
  if (height.infinite) return `So the ratio is inf, and so is ${name}: m is at least the minimum distance.`;
  if (height.exact) return `Their ratio is ${name} = ${shown(height.height)}; no codeword has a larger one.`;
  return `Their ratio ${shown(ratio)} is a lower bound of ${name}.`;
}

function drawChart(width) {
  if (!current || width <= 0) return;
  const predictions = current.learned?.predictions ?? [];
  byId("chart").replaceChildren(
    profileChart({ heights: current.answer.heights, predictions, chosen: current.m, choose, width }),
  );
}

function drawWord(width) {
  const word = current?.answer.heights.find((one) => one.m === current.m).codeword;
  if (!word || width <= 0) return;
  byId("word").replaceChildren(codewordBars({ codeword: word, m: current.m, width }));
}

function choose(m) {
  if (m === current.m) return;
  current.m = m;
  showChosen();
  onChoice(m);
}

function onKey(event, next, before) {
  if (!current || event.altKey || event.ctrlKey || event.metaKey) return;
  const orders = current.answer.heights.map((height) => height.m);
  const at = orders.indexOf(current.m);
  let to = { Home: 0, End: orders.length - 1 }[event.key];
  if (next.includes(event.key)) to = at + 1;
  if (before.includes(event.key)) to = at - 1;
  if (to === undefined) return;
  event.preventDefault();
  choose(orders[Math.min(Math.max(to, 0), orders.length - 1)]);
}
