// Trying what a code protects: a word, spoiled by hand, and what the service finds in it.

import { isAbort, postDecode } from "./api.js";
import { byId, h, whenResized } from "./dom.js";
import { heightName, shown } from "./numbers.js";
import { errorChart, fillErrorLegend } from "./error_chart.js";
import { prepareSpoils, setLargest, showSpoils } from "./spoils.js";

const LONGEST = 12;
const PAUSE = 40; // milliseconds between two questions while a slider moves
const FEW = 20; // violated checks that are listed
const SAYS = {
  clean: "clean: no outlier is needed to explain the word",
  unlocated: "unlocated: there is an outlier, but it can't be said where",
};

let current = null; // {result, tau, sigma, delta, seed, drawn, spoils, reply}
let running = null; // AbortController of the question under way
let again = false;

/** Prepare the panel once. */
export function prepareProtection() {
  byId("tau").addEventListener("change", () => {
    current.tau = Number(byId("tau").value);
    fillSigma();
    ask();
  });
  byId("sigma").addEventListener("change", () => {
    current.sigma = Number(byId("sigma").value);
    showTask();
    ask();
  });
  byId("delta").addEventListener("input", () => {
    const delta = Number(byId("delta").value);
    const fits = delta >= 1e-12 && delta <= 1e12;
    byId("protection-error").textContent = fits ? "" : "\u03b4 must be a number above 0, such as 0.1.";
    if (!fits) return;
    Object.assign(current, { delta, drawn: null });
    ask();
  });
  byId("draw-word").addEventListener("click", () => {
    Object.assign(current, { seed: current.seed + 1, drawn: null });
    ask();
  });
  prepareSpoils(() => ask());
  whenResized(byId("errors"), draw);
}

/** Offer the panel for a result, or say why it does not apply. */
export function showProtection(result) {
  running?.abort();
  running = null;
  const why = reason(result.answer);
  byId("protection-none").hidden = !why;
  byId("protection-none").textContent = why;
  byId("protection-panel").hidden = Boolean(why);
  current = null;
  if (why) return;
  const { n, capability } = result.answer;
  const tau = capability.some(({ located }) => located === 1) ? 1 : 0;
  const spoils = [{ position: Math.min(2, n - 1), size: 0 }, { position: null, size: 0 }];
  const delta = Number(byId("delta").value) > 0 ? Number(byId("delta").value) : 0.1;
  byId("delta").value = delta;
  byId("protection-error").textContent = "";
  current = { result, tau, sigma: 0, delta, seed: 1, drawn: null, spoils, reply: null };
  fill("tau", [...new Set(capability.map(({ located }) => located))], tau);
  fillSigma();
  showSpoils(spoils, n);
  ask();
}

/** Why there is nothing to try, or "". */
function reason({ n, k, capability, heights }) {
  if (n > LONGEST) {
    return `Shown here for codes up to n = ${LONGEST}; this one has n = ${n}. ` +
      "From programs, /api/decode takes codes up to n = 20, and mheight protect longer ones.";
  }
  if (capability?.length) return "";
  if (heights.some((height) => height.m === 1 && height.infinite)) {
    return `${heightName(1)} is inf: some codeword has one nonzero entry only, so an error there, ` +
      "however large, can't be told from a codeword. Nothing is protected.";
  }
  return `No height of this [${n}, ${k}] code is known, so nothing can be promised.`;
}

function fill(id, values, chosen) {
  byId(id).replaceChildren(...values.map((value) => h("option", { value }, String(value))));
  byId(id).value = chosen;
}

function fillSigma() {
  const { result, tau, sigma } = current;
  const possible = result.answer.capability.filter(({ located }) => located === tau).map(({ detected }) => detected);
  current.sigma = possible.includes(sigma) ? sigma : possible[0];
  fill("sigma", possible, current.sigma);
  showTask();
}

/** Which height decides, and why no more is offered. */
function showTask() {
  const { result: { answer: { n, k, capability } }, tau, sigma } = current;
  const most = Math.max(...capability.map(({ m }) => m));
  const end = most === n - k
    ? `n \u2212 k = ${n - k} allows 2\u03c4 + \u03c3 up to ${most}`
    : `2\u03c4 + \u03c3 goes up to ${most}, since ${heightName(most + 1)} is inf or not known`;
  byId("task-line").textContent = `m = 2\u03c4 + \u03c3 = ${2 * tau + sigma}; ${end}${
    most < 2 ? ", too little to locate: it only detects" : ""}.`;
}

/** The word with what is spoiled, and its errors in units of delta. */
function received(drawn, spoils, delta) {
  const errors = drawn.codeword.map((value, j) => (drawn.word[j] - value) / delta);
  const word = [...drawn.word];
  let spoiled = false;
  for (const { position, size } of spoils) {
    if (position === null || !(size > 0)) continue;
    spoiled = true;
    errors[position] = size;
    word[position] = drawn.codeword[position] + size * delta;
  }
  return { word, errors, spoiled };
}

/** Ask the service; while it answers, the latest wish waits. */
async function ask() {
  if (running) {
    again = true;
    return;
  }
  const mine = new AbortController();
  running = mine;
  const asked = current;
  try {
    do {
      again = false;
      const reply = await decode(asked, mine.signal);
      if (mine !== running) return;
      if (!again) byId("protection-error").textContent = "";
      asked.reply = reply;
      show();
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    } while (again && mine === running);
  } catch (error) {
    if (mine === running && !isAbort(error)) byId("protection-error").textContent = error.message;
  } finally {
    if (mine === running) running = null;
  }
}

async function decode(asked, signal) {
  const { result, tau, sigma, delta, seed } = asked;
  const task = { tau, sigma, delta };
  let reply = null;
  let { drawn } = asked;
  if (!drawn) {
    reply = await postDecode(result, { ...task, seed }, signal);
    drawn = reply.drawn;
    // Unless another word, or another delta, was wanted meanwhile.
    if (asked.seed === seed && asked.delta === delta) asked.drawn = drawn;
  }
  const { word, errors, spoiled } = received(drawn, asked.spoils, delta);
  if (!reply || spoiled) reply = await postDecode(result, { ...task, word }, signal);
  return { ...reply, word, errors, codeword: drawn.codeword, delta };
}

function show() {
  const { reply, spoils } = current;
  setLargest(reply.thresholds[0] / reply.delta, spoils);
  const [found] = reply.words;
  byId("verdict").textContent = verdict(found, reply.tau);
  byId("promise").textContent = promise(reply, found);
  fillErrorLegend(byId("errors-legend"), found);
  draw(byId("errors").clientWidth);
  fillEntries(reply, found);
  fillChecks(reply, found);
}

function verdict({ verdict: word, positions }, tau) {
  if (word === "located") return `located: position${positions.length > 1 ? "s" : ""} ${positions.join(" and ")}`;
  if (word !== "too many") return SAYS[word];
  if (!tau) return "too many: there is an outlier";
  return `too many: no ${tau === 1 ? "single outlier explains" : `${tau} outliers explain`} the word`;
}

/** What is promised of this word, and how it came out. */
function promise({ errors, tau, sigma, height, bounds, delta, codeword, m }, found) {
  const outliers = errors.filter((error) => Math.abs(error) > 1 + 1e-9).length;
  const above = `${outliers || "No"} ${outliers === 1 ? "entry" : "entries"} above \u03b4`;
  const threshold = `(2${heightName(m)} + 1)\u2009\u03b4 = ${shown(2 * height + 1, 4)}\u2009\u03b4`;
  let bound = null;
  let text;
  if (outliers > tau + sigma) text = `${above}, more than \u03c4 + \u03c3 = ${tau + sigma}: nothing is promised.`;
  else if (outliers > tau) {
    bound = 2 * height;
    text = tau
      ? `${above}, more than \u03c4 = ${tau}: \u201ctoo many\u201d is promised, or that all above ${threshold} are located.`
      : `${above}: if one is above ${threshold}, \u201ctoo many\u201d is promised.`;
  } else {
    bound = bounds[0] / delta;
    text = tau
      ? `${above}: it is promised to locate all above ${threshold}, and nothing else.`
      : `${above}: \u201cclean\u201d is promised.`;
  }
  if (!found.corrected) return text;
  const off = Math.max(...found.corrected.map((value, j) => Math.abs(value - codeword[j]))) / delta;
  const most = bound === null ? "" : `, promised at most ${shown(bound, 4)} \u03b4`;
  return `${text} The corrected word is off by ${shown(off, 3)} \u03b4${most}.`;
}

function fillEntries({ codeword, word, errors, delta }, { positions, corrected }) {
  const head = ["position", "codeword", "received", "error, \u03b4", "corrected", "off by, \u03b4"];
  const rows = codeword.map((value, j) => h("tr", positions.includes(j) ? { class: "located" } : {},
    h("th", { scope: "row" }, String(j)),
    ...[shown(value, 4), shown(word[j], 4), shown(errors[j], 3),
      corrected ? shown(corrected[j], 4) : "\u2013",
      corrected ? shown((corrected[j] - value) / delta, 2) : "\u2013"]
      .map((text, i) => h("td", { class: i === 1 ? "roomy" : null }, text))));
  byId("entries").replaceChildren(
    h("thead", {}, h("tr", {}, ...head.map((name, i) => h("th", { scope: "col", class: i === 2 ? "roomy" : null }, name)))),
    h("tbody", {}, ...rows),
  );
}

function fillChecks({ circuits }, { violated, checks }) {
  byId("checks-line").textContent = `Violated checks (circuits): ${violated} of ${circuits}`;
  const listed = checks.slice(0, FEW);
  byId("checks-table").replaceChildren(
    h("caption", {}, !violated ? "Every check is at most \u03b4." : listed.length < violated
      ? `The ${FEW} largest. Each has an outlier among its positions.` : "Each has an outlier among its positions."),
    h("thead", {}, h("tr", {}, ...["positions", "size, \u03b4"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...listed.map(({ positions, value }) =>
      h("tr", {}, h("td", {}, positions.join(", ")), h("td", {}, shown(value, 4))))),
  );
}

function draw(width) {
  if (!current?.reply || width <= 0) return;
  byId("errors").replaceChildren(errorChart(current.reply, width));
}
