// The height profile as a picture: m to the right, heights upwards on a logarithmic scale.

import { s } from "./dom.js";
import { onAxis, short } from "./numbers.js";

const HEIGHT = 300;
const EDGE = { left: 66, right: 12, top: 14, bottom: 46 };
const TOP_BAND = 30; // for heights without a bound
const SHIFT = 9; // predictions stand to the right of exact heights

/**
 * Draw a profile.
 *
 * heights and predictions are those of the service; chosen is an m, choose(m) is called on a
 * click.
 */
export function profileChart({ heights, predictions, chosen, choose, width }) {
  const unbounded = heights.some((x) => x.infinite || (!x.exact && x.upper === null));
  const top = EDGE.top + (unbounded ? TOP_BAND : 0);
  const bottom = HEIGHT - EDGE.bottom;
  const scale = logScale(valuesOf(heights, predictions), bottom, top + 8);
  const slot = (width - EDGE.left - EDGE.right) / heights.length;
  const x = (m) => EDGE.left + (m - heights[0].m + 0.5) * slot;
  const aside = predictions.length ? Math.min(SHIFT, slot / 5) : 0;
  const roof = EDGE.top + TOP_BAND / 2;
  const svg = s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, "aria-hidden": "true" });
  svg.append(
    ...columns(heights, slot, x, chosen, choose),
    ...axes({ heights, scale, slot, x, width, bottom, unbounded, roof }),
    ...profileLine(heights, scale, x, aside),
    ...heights.flatMap((height) => mark(height, x(height.m) - aside, scale, roof)),
    ...predictions.flatMap((guess) => interval(guess, x(guess.m) + aside, scale)),
    ...(slot >= 54 ? heights.flatMap((height) => label(height, x(height.m) - aside, scale)) : []),
  );
  return svg;
}

function valuesOf(heights, predictions) {
  const values = heights.flatMap((x) => (x.infinite ? [] : [x.lower, x.upper]));
  values.push(...predictions.flatMap((guess) => [guess.height, guess.low, guess.high]));
  return values.filter((value) => value > 0).map(Math.log2);
}

/** From heights to pixels, with ticks at 1, 2, 5, 10, 20, ..., or at powers of ten. */
function logScale(logs, bottom, top) {
  const [least, most] = logs.length ? [2 ** Math.min(...logs), 2 ** Math.max(...logs)] : [1, 2];
  const ticks = ticksFor(least, most);
  // Heights are at least 1; a profile of one value is drawn above the axis where it can be.
  const [from, to] = [Math.log2(ticks[0]), Math.log2(ticks.at(-1))];
  const y = (height) => bottom - ((Math.log2(height) - from) / (to - from)) * (bottom - top);
  return { y, ticks };
}

/** Round numbers from one below the least value to one above the largest, not too many. */
function ticksFor(least, most) {
  const decades = Math.log10(most / least);
  const [low, high] = [least * (1 + 1e-9), most * (1 - 1e-9)];
  if (decades < 0.25) return evenTicks(least, most);
  const factors = decades < 2.2 ? [1, 2, 5] : [1];
  const every = decades < 6 ? 1 : Math.ceil(decades / 6);
  const first = Math.floor(Math.log10(low) / every) * every;
  const all = [];
  for (let power = first; power <= Math.log10(high) + 2 * every; power += every) {
    all.push(...factors.map((factor) => Number(`${factor}e${power}`)));
  }
  const begin = all.findLastIndex((tick) => tick <= low);
  const end = all.findIndex((tick) => tick >= high);
  return all.slice(Math.max(begin, 0), Math.max(end, begin + 1) + 1);
}

/** Evenly spaced round numbers around values that are close to each other. */
function evenTicks(least, most) {
  const width = Math.max(most - least, least * 0.1);
  const raw = 10 ** Math.floor(Math.log10(width / 3));
  const step = [1, 2, 5, 10].map((factor) => factor * raw).find((size) => width / size <= 5);
  const first = Math.max(Math.floor((least / step) * (1 + 1e-9)), Math.ceil(1 / step - 1e-9), 1);
  const last = Math.max(Math.ceil((most / step) * (1 - 1e-9)), first + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function columns(heights, slot, x, chosen, choose) {
  return heights.map(({ m }) => {
    const column = s("rect", {
      class: m === chosen ? "column chosen" : "column", "data-m": m,
      x: x(m) - slot / 2, y: 0, width: slot, height: HEIGHT - EDGE.bottom + 22,
    });
    column.addEventListener("click", () => choose(m));
    return column;
  });
}

function axes({ heights, scale, slot, x, width, bottom, unbounded, roof }) {
  const out = [];
  for (const tick of scale.ticks) {
    const y = scale.y(tick);
    out.push(s("line", { class: "gridline pass", x1: EDGE.left, x2: width - EDGE.right, y1: y, y2: y }));
    out.push(s("text", { x: EDGE.left - 7, y: y + 4, "text-anchor": "end" }, onAxis(tick)));
  }
  if (unbounded) {
    out.push(s("line", { class: "band pass", x1: EDGE.left, x2: width - EDGE.right, y1: roof, y2: roof }));
    out.push(s("text", { x: EDGE.left - 7, y: roof + 4, "text-anchor": "end" }, "inf"));
  }
  out.push(s("line", { class: "axis pass", x1: EDGE.left, x2: width - EDGE.right, y1: bottom, y2: bottom }));
  const every = Math.max(1, Math.ceil(22 / slot));
  for (const { m } of heights.filter((height) => (height.m - heights[0].m) % every === 0)) {
    out.push(s("text", { class: "pass", x: x(m), y: bottom + 18, "text-anchor": "middle" }, String(m)));
  }
  const middle = EDGE.left + (width - EDGE.left - EDGE.right) / 2;
  out.push(s("text", { class: "name", x: middle, y: HEIGHT - 8, "text-anchor": "middle" }, "m"));
  const y = (EDGE.top + bottom) / 2;
  out.push(s("text", {
    class: "name", x: 13, y, "text-anchor": "middle", transform: `rotate(-90 13 ${y})`,
  }, "height (log scale)"));
  return out;
}

function profileLine(heights, scale, x, aside) {
  const pieces = [[]];
  for (const height of heights) {
    if (height.exact && !height.infinite) {
      pieces.at(-1).push(`${x(height.m) - aside},${scale.y(height.height)}`);
    } else if (pieces.at(-1).length) pieces.push([]);
  }
  return pieces
    .filter((points) => points.length > 1)
    .map((points) => s("polyline", { class: "profile pass", points: points.join(" ") }));
}

function mark(height, x, scale, roof) {
  if (height.infinite) return [s("circle", { class: "infinite pass", cx: x, cy: roof, r: 5 })];
  if (height.exact) return [s("circle", { class: "exact pass", cx: x, cy: scale.y(height.height), r: 4.5 })];
  const low = scale.y(height.lower ?? 1);
  const high = height.upper === null ? roof : scale.y(height.upper);
  const open = height.upper === null;
  const cap = (y) => `M${x - 5} ${y}h10`;
  const end = open ? `M${x - 5} ${high + 6}L${x} ${high}L${x + 5} ${high + 6}` : cap(high);
  return [
    s("path", { class: open ? "bound dashed pass" : "bound pass", d: `M${x} ${low}V${high}` }),
    s("path", { class: "bound pass", d: `${cap(low)}${end}` }),
  ];
}

function interval(guess, x, scale) {
  if (guess.infinite || guess.height === null) return [];
  const y = scale.y(guess.height);
  const out = [s("path", { class: "predicted pass", d: `M${x} ${y - 5}l5 5l-5 5l-5 -5z` })];
  if (guess.low > 0 && guess.high > 0) {
    const [low, high] = [scale.y(guess.low), scale.y(guess.high)];
    out.unshift(s("path", {
      class: "interval pass", d: `M${x} ${low}V${high}M${x - 5} ${low}h10M${x - 5} ${high}h10`,
    }));
  }
  return out;
}

function label(height, x, scale) {
  if (!height.exact || height.infinite) return [];
  const place = { class: "value pass", x: x - 7, y: scale.y(height.height) - 7, "text-anchor": "end" };
  return [s("text", place, short(height.height))];
}
