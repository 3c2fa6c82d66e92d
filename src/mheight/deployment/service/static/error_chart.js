// The errors of a received word in units of delta, and what is left of them after correction.

import { h, s } from "./dom.js";
import { onAxis, roundValues } from "./numbers.js";

const HEIGHT = 230;
const EDGE = { left: 66, right: 12, top: 16, bottom: 44 };
const DIAMOND = "l5 5l-5 5l-5 -5z";

/** Draw {errors, codeword, delta, thresholds, words: [{positions, corrected}]}. */
export function errorChart({ errors, codeword, delta, thresholds, words: [{ positions, corrected }] }, width) {
  const threshold = thresholds[0] / delta;
  const left = corrected?.map((value, j) => (value - codeword[j]) / delta) ?? [];
  const most = Math.max(1.15 * threshold, ...errors, ...left) * 1.04;
  const least = Math.min(-1.5, ...errors, ...left) * 1.04;
  const bottom = HEIGHT - EDGE.bottom;
  const y = (value) => bottom - ((value - least) / (most - least)) * (bottom - EDGE.top);
  const slot = (width - EDGE.left - EDGE.right) / errors.length;
  const x = (j) => EDGE.left + (j + 0.5) * slot;
  const across = { x1: EDGE.left, x2: width - EDGE.right };
  const svg = s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img", "aria-labelledby": "verdict promise" });
  svg.append(s("rect", { class: "within", x: EDGE.left, y: y(1), width: across.x2 - across.x1, height: y(-1) - y(1) }));
  svg.append(s("line", { class: "threshold", ...across, y1: y(threshold), y2: y(threshold) }));
  errors.forEach((error, j) => {
    const [from, to] = [Math.min(y(error), y(0)), Math.max(y(error), y(0))];
    const place = { x: x(j) - slot * 0.3, width: slot * 0.6, y: from, height: Math.max(to - from, 1) };
    svg.append(s("rect", { class: Math.abs(error) > 1 + 1e-9 ? "largest" : "rest", ...place }));
    if (positions.includes(j)) {
      svg.append(s("rect", { class: "found", x: x(j) - slot * 0.44, width: slot * 0.88, y: EDGE.top - 6, height: bottom - EDGE.top + 6, rx: 4 }));
    }
    if (corrected) svg.append(s("path", { class: "predicted", d: `M${x(j)} ${y(left[j]) - 5}${DIAMOND}` }));
    svg.append(s("text", { x: x(j), y: HEIGHT - 26, "text-anchor": "middle" }, String(j)));
  });
  svg.append(s("line", { class: "axis", ...across, y1: y(0), y2: y(0) }));
  for (const value of roundValues(least, most)) {
    svg.append(s("text", { x: EDGE.left - 7, y: y(value) + 4, "text-anchor": "end" }, onAxis(value)));
  }
  const middle = (across.x1 + across.x2) / 2;
  svg.append(s("text", { class: "name", x: middle, y: HEIGHT - 6, "text-anchor": "middle" }, "position, counted from 0"));
  const half = (EDGE.top + bottom) / 2;
  svg.append(s("text", { class: "name", x: 13, y: half, "text-anchor": "middle", transform: `rotate(-90 13 ${half})` }, "error / \u03b4"));
  return svg;
}

/** Say what the marks mean. */
export function fillErrorLegend(list, { corrected, positions }) {
  const entries = [
    ["within \u03b4", [s("rect", { class: "within", x: 0, y: 0, width: 22, height: 14 }), s("rect", { class: "rest", x: 7, y: 4, width: 8, height: 10 })]],
    ["above \u03b4", [s("rect", { class: "largest", x: 6, y: 1, width: 10, height: 12 })]],
    ["the threshold", [s("path", { class: "threshold", d: "M0 7h22" })]],
    ...(positions.length ? [["located", [s("rect", { class: "found", x: 3, y: 1, width: 16, height: 12, rx: 3 })]]] : []),
    ...(corrected ? [["left after correction", [s("path", { class: "predicted", d: `M11 2${DIAMOND}` })]]] : []),
  ];
  list.replaceChildren(...entries.map(([text, marks]) =>
    h("li", {}, s("svg", { viewBox: "0 0 22 14", "aria-hidden": "true" }, ...marks), text)));
}
