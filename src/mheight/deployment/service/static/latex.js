// Matrices in LaTeX: bmatrix, pmatrix, array and their kin, with \frac and bars.

const ENVIRONMENT = /\\begin\s*\{([a-zA-Z]*matrix\*?|array)\}/g;
const QUOTIENT = /([-+]?)\s*\\(?:nice|[dtcs])?frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))/g;
const SPACE = /\\[,;:! ]|\\q?quad\b|\\phantom\s*\{[^{}]*\}|~/g;
const DROPPED = /\\(?:hline|left|right|[bB]igg?[lr]?|displaystyle|m?strut)(?![a-zA-Z])/g;
const ROW_END = /\\\\\s*(?:\[[^[\]]*\])?|\\cr(?![a-zA-Z])/;

/** Whether a text is a matrix in LaTeX. */
export const isLatex = (text) => text.includes("\\begin") || text.includes("\\\\") || text.includes("&");

/** {rows, bar} of one matrix: cells as text, and whether a bar divides its columns. */
export function latexCells(text, complain) {
  const begun = [...text.matchAll(ENVIRONMENT)];
  if (begun.length > 1) complain("These are several matrices; give one at a time.");
  let body = text;
  let columns = "";
  if (begun.length) {
    const [start, name] = begun[0];
    const end = `\\end{${name}}`;
    const last = text.replace(/\\end\s*\{/g, "\\end{").indexOf(end);
    if (last < 0) complain(`\\begin{${name}} has no ${end}.`);
    body = text.replace(/\\end\s*\{/g, "\\end{").slice(begun[0].index + start.length, last);
    refuseOutside(text.slice(0, begun[0].index) + text.slice(last + end.length), complain);
    const options = /^\s*(?:\[([^[\]]*)\])?\s*/.exec(body);
    columns = options[1] ?? "";
    body = body.slice(options[0].length);
    if (name === "array") {
      const types = /^\{((?:[^{}]|\{[^{}]*\})*)\}/.exec(body);
      if (!types) complain("\\begin{array} needs the types of its columns, as in {cc|cc}.");
      columns = types[1];
      body = body.slice(types[0].length);
    }
  }
  const rows = body
    .replace(/(?<!\\)%.*/g, "")
    .split(ROW_END)
    .map((row) => row.split(/(?<!\\)&/).map(cell))
    .filter((row) => row.length > 1 || row[0]);
  return { rows, bar: columns.replace(/^\|+|\|+$/g, "").includes("|") };
}

function refuseOutside(text, complain) {
  const rest = text
    .replace(DROPPED, "")
    .replace(/\\(begin|end)\s*\{(equation|align|gather|displaymath|math)\*?\}/g, "")
    .replace(/\\[[\]().,;]|\\[lr]brack|\$|^\s*[A-Za-z]\w*\s*&?=/g, "")
    .replace(/[\s[\]().,;&=]/g, "");
  if (rest) complain(`Beside the matrix there is \u201c${rest.slice(0, 24)}\u201d.`);
}

function cell(text) {
  let plain = text.replace(SPACE, " ").replace(DROPPED, "");
  for (let turn = 0; turn < 4; turn++) {
    plain = plain
      .replace(QUOTIENT, (_, sign, over, digit, under, other) => {
        const parts = [sign, over ?? digit, under ?? other].map((part) => part.trim());
        const negative = parts.filter((part) => part.startsWith("-")).length % 2;
        const [above, below] = parts.slice(1).map((part) => part.replace(/^[-+]/, ""));
        // Between spaces, since what touches it belongs to no number.
        return ` ${negative ? "-" : ""}${above}/${below} `;
      })
      .replace(/(\d)\{,\}(\d)/g, "$1,$2");
    if (!plain.includes("frac")) plain = plain.replace(/\{([^{}]*)\}/g, "$1");
  }
  return plain.replace(/\s+/g, " ").trim().replace(/^([-+]) (?=[\d.])/, "$1");
}
