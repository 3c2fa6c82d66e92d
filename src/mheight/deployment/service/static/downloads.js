// A result as a file: CSV, LaTeX, a picture.

import { byId } from "./dom.js";

/** One row a height: n, k, m, height, lower, upper, exact, fraction, codeword. */
export function saveCsv({ answer }) {
  const rows = answer.heights.map((height) => [
    answer.n, answer.k, height.m, height.infinite ? "inf" : (height.height ?? ""),
    height.infinite ? "inf" : (height.lower ?? ""), height.infinite ? "inf" : (height.upper ?? ""),
    height.exact, height.fraction ?? "", height.codeword ? height.codeword.join(" ") : "",
  ]);
  const lines = [["n", "k", "m", "height", "lower", "upper", "exact", "fraction", "codeword"], ...rows];
  save(lines.map((row) => row.join(",")).join("\n") + "\n", "text/csv", name(answer, "csv"));
}

/** A tabular that needs no package. */
export function saveLatex({ answer }) {
  const rows = answer.heights.map((height) => `${height.m} & $${latex(height)}$ \\\\`);
  const lines = [
    `% heights of an [${answer.n}, ${answer.k}] code`, "\\begin{tabular}{rl}", "\\hline", "$m$ & $h_m$ \\\\", "\\hline",
    ...rows, "\\hline", "\\end{tabular}",
  ];
  save(lines.join("\n") + "\n", "application/x-tex", name(answer, "tex"));
}

function latex(height) {
  if (height.infinite) return "\\infty";
  if (!height.exact) {
    const upper = height.upper === null ? "" : ` \\le ${decimal(height.upper)}`;
    return `${decimal(height.lower ?? 1)} \\le h_{${height.m}}${upper}`;
  }
  const fraction = /^(-?\d+)\/(\d+)$/.exec(height.fraction ?? "");
  if (fraction) return `\\frac{${fraction[1]}}{${fraction[2]}}`;
  return decimal(height.height);
}

function decimal(value) {
  const [digits, power] = String(Number(value.toPrecision(12))).split("e");
  return power ? `${digits} \\times 10^{${Number(power)}}` : digits;
}

/** The picture of the heights, twice as large as on the screen. */
export async function savePng({ answer }) {
  const svg = byId("chart").querySelector("svg");
  const { width, height } = svg.getBoundingClientRect();
  const copy = styled(svg);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const text = new XMLSerializer().serializeToString(copy);
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2 * width, 2 * height];
    const pen = canvas.getContext("2d");
    pen.fillStyle = getComputedStyle(byId("chart").closest(".card")).backgroundColor;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    save(blob, "image/png", name(answer, "png"));
  } catch {
    byId("copy-status").textContent = "The browser could not make a picture of it.";
  } finally {
    URL.revokeObjectURL(url);
  }
}

const LOOKS = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font", "paint-order", "stroke-linejoin"];

/** A copy whose looks do not depend on the page. */
function styled(svg) {
  const copy = svg.cloneNode(true);
  const [from, to] = [svg.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const look of LOOKS) to[i].style.setProperty(look, style.getPropertyValue(look));
  });
  return copy;
}

const name = ({ n, k }, ending) => `heights-${n}-${k}.${ending}`;

function save(content, type, filename) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = Object.assign(document.createElement("a"), { href: url, download: filename });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  byId("copy-status").textContent = `${filename} saved.`;
}
