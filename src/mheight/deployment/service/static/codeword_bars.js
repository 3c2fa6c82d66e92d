// A codeword as bars, with the entries that make its ratio.

import { s } from "./dom.js";
import { onAxis, roundValues, short } from "./numbers.js";

const HEIGHT = 220;
const EDGE = { left: 66, right: 12, top: 22, bottom: 46 };

/** Positions by falling magnitude; equal ones in their order. */
export function ranking(codeword) {
  return codeword
    .map((value, position) => ({ position, size: Math.abs(value) }))
    .sort((a, b) => b.size - a.size || a.position - b.position);
}

/** Draw a codeword; m tells which entries make the ratio. */
export function codewordBars({ codeword, m, width }) {
  const order = ranking(codeword);
  const role = new Map(order.map(({ position }, rank) => [position, roleOf(rank, m)]));
  const [least, most] = [Math.min(0, ...codeword), Math.max(0, ...codeword)];
  const [top, bottom] = [EDGE.top, HEIGHT - EDGE.bottom - (least < 0 ? 12 : 0)];
  const y = (value) => bottom - ((value - least) / (most - least || 1)) * (bottom - top);
  const slot = (width - EDGE.left - EDGE.right) / codeword.length;
  const x = (position) => EDGE.left + (position + 0.5) * slot;
  const svg = s("svg", {
    viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img", "aria-labelledby": "word-line",
  });
  const level = order[m].size;
  for (const value of [level, -level]) {
    if (value >= least && value <= most) svg.append(line("level", width, y(value)));
  }
  codeword.forEach((value, position) => {
    const from = Math.min(y(value), y(0));
    const bar = {
      class: role.get(position), x: x(position) - slot * 0.36, width: slot * 0.72,
      y: from, height: Math.max(Math.abs(y(value) - y(0)), 1.5),
    };
    svg.append(s("rect", bar));
    if (slot >= 40) {
      const beyond = value < 0 ? y(value) + 14 : y(value) - 5;
      svg.append(s("text", { class: "value", x: x(position), y: beyond, "text-anchor": "middle" }, short(value)));
    }
  });
  svg.append(line("axis", width, y(0)), ...names(codeword, slot, x, y, width, least, most));
  return svg;
}

function roleOf(rank, m) {
  if (rank === 0) return "largest";
  if (rank === m) return "reference";
  return rank < m ? "among" : "rest";
}

const line = (kind, width, y) =>
  s("line", { class: kind, x1: EDGE.left, x2: width - EDGE.right, y1: y, y2: y });

function names(codeword, slot, x, y, width, least, most) {
  const every = Math.max(1, Math.ceil(22 / slot));
  const out = codeword.flatMap((_, position) =>
    position % every ? [] : [s("text", { x: x(position), y: HEIGHT - 28, "text-anchor": "middle" }, String(position))],
  );
  for (const value of roundValues(least, most)) {
    out.push(s("text", { x: EDGE.left - 7, y: y(value) + 4, "text-anchor": "end" }, onAxis(value)));
  }
  const middle = EDGE.left + (width - EDGE.left - EDGE.right) / 2;
  out.push(s("text", { class: "name", x: middle, y: HEIGHT - 8, "text-anchor": "middle" }, "position, counted from 0"));
  const half = (HEIGHT - EDGE.bottom) / 2;
  out.push(s("text", {
    class: "name", x: 13, y: half, "text-anchor": "middle", transform: `rotate(-90 13 ${half})`,
  }, "entry"));
  return out;
}
