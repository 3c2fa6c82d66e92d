// Which entries of a word are spoiled, and by how much: a position and a slider for each.

import { byId, h, s, whenResized } from "./dom.js";
import { shown } from "./numbers.js";

const THUMB = 16; // width of what is dragged
let spoils = [];
let threshold = null; // in units of delta
let rows = [];

/** Make two sliders; changed() is called whenever one is moved. */
export function prepareSpoils(changed) {
  rows = ["first", "second"].map((name, i) => {
    const select = h("select", { id: `position-${i}` });
    const slider = h("input", {
      type: "range", id: `size-${i}`, min: 0, max: 10, step: 0.1, value: 0, "aria-label": `size of the ${name} error, in delta`,
    });
    const row = { select, slider, told: h("output", { for: slider.id }), mark: h("div", {}) };
    select.addEventListener("change", () => {
      spoils[i].position = select.value === "" ? null : Number(select.value);
      tell();
      changed();
    });
    slider.addEventListener("input", () => {
      spoils[i].size = Number(slider.value);
      if (spoils[i].position === null) choose(i);
      tell();
      changed();
    });
    whenResized(row.mark, () => drawMark(row));
    byId("spoils").append(h("div", { class: "spoil" },
      h("div", { class: "row" }, h("label", {}, i ? "And spoil position " : "Spoil position ", select), row.told), slider, row.mark));
    return row;
  });
}

/** Show what is spoiled in a word of n entries. */
export function showSpoils(now, n) {
  spoils = now;
  rows.forEach(({ select, slider }, i) => {
    select.replaceChildren(h("option", { value: "" }, "none"),
      ...Array.from({ length: n }, (_, j) => h("option", { value: j }, String(j))));
    select.value = now[i].position ?? "";
    slider.value = now[i].size;
  });
  tell();
}

/** Let sliders go well beyond the threshold, given in units of delta, and mark it. */
export function setLargest(value) {
  if (value === threshold) return;
  threshold = value;
  const most = 1.6 * value;
  const step = 10 ** (Math.floor(Math.log10(most)) - 2);
  for (const [i, { slider }] of rows.entries()) {
    Object.assign(slider, { step, max: Number((Math.ceil(most / step) * step).toPrecision(6)) });
    slider.value = spoils[i].size;
    spoils[i].size = Number(slider.value);
  }
  tell();
  rows.forEach(drawMark);
}

/** A slider that is moved without a position takes the first free one. */
function choose(i) {
  const other = spoils[1 - i].position;
  spoils[i].position = other === 0 ? 1 : 0;
  rows[i].select.value = spoils[i].position;
}

function tell() {
  rows.forEach(({ slider, told }, i) => {
    const { position, size } = spoils[i];
    const text = size > 0 && position !== null ? `error ${shown(size, 4)} \u03b4` : "its own small error";
    told.textContent = position === null ? "" : text;
    slider.setAttribute("aria-valuetext", position === null ? "no position" : text.replace("\u03b4", "delta"));
  });
  const [first, second] = spoils;
  const same = first.position !== null && first.position === second.position && second.size > 0;
  if (same) rows[1].told.textContent += " (the same position: this one counts)";
}

function drawMark({ mark, slider }) {
  const width = mark.clientWidth;
  if (!threshold || width <= 0) return;
  const x = THUMB / 2 + (threshold / Number(slider.max)) * (width - THUMB);
  mark.replaceChildren(s("svg", { viewBox: `0 0 ${width} 26`, height: 26, "aria-hidden": "true" },
    s("path", { class: "threshold", d: `M${x} 0V10` }),
    s("text", { x, y: 23, "text-anchor": "middle" }, `(2h + 1)\u2009\u03b4 = ${shown(threshold, 4)}\u2009\u03b4`)));
}
