// A result as Python and as JSON.

import { shown } from "./numbers.js";

const LONGEST_LATTICE = 26;
const MAKERS = { P: "from_systematic", H: "from_parity_check" };

/** A program that computes what the page shows. */
export function asPython({ kind, texts, answer }) {
  const rows = texts.map((row) => `[${row.map(pythonNumber).join(", ")}]`);
  const lines = ["import mheight", "", `${kind} = [`, ...rows.map((row) => `    ${row},`), "]"];
  lines.push(`code = mheight.LinearCode${MAKERS[kind] ? `.${MAKERS[kind]}` : ""}(${kind})`);
  if (answer.n <= LONGEST_LATTICE) {
    lines.push(`print(mheight.height_profile(code))${comment(answer)}`);
  } else {
    lines.push(
      "",
      "# Too long for mheight.height_profile: heights, or bounds where 60 s do not suffice.",
      `for m in range(1, ${answer.heights.length + 1}):`,
      "    print(mheight.find_height(code, m, time_limit=60))",
    );
  }
  return `${lines.join("\n")}\n`;
}

// Fractions are fractions in Python; leading zeros are not allowed there.
const pythonNumber = (text) => (text.includes("/") ? text.replace(/^\+/, "") : String(Number(text)));

function comment(answer) {
  if (answer.heights.length > 8 || answer.heights.some((height) => !height.exact)) return "";
  const values = answer.heights.map((x) => (x.infinite ? "inf" : shown(x.height).replace("\u2212", "-")));
  return `  # ${values.join(", ")}`;
}

/** The matrix and all figures. */
export function asJson({ kind, rows, answer, learned }) {
  const result = { [kind]: rows, ...answer };
  if (learned) Object.assign(result, { model: learned.model, level: learned.level, predictions: learned.predictions });
  return `${JSON.stringify(result, null, 1).replace(/\n\s+(?=[-\d\]])/g, " ")}\n`;
}
