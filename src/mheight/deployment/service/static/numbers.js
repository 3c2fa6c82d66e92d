// How numbers are written.

/** Six digits at most, 1.5e8 where the number is large or small. */
export function shown(value, digits = 6) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) {
    const [mantissa, exponent] = value.toExponential(Math.min(digits, 4) - 1).split("e");
    return minus(`${Number(mantissa)}e${Number(exponent)}`);
  }
  const text = Number(value.toPrecision(digits)).toString();
  return minus(text);
}

/** Few digits, for labels in pictures: 61.6, 5515, 2.62e5. */
export function short(value, most = 4) {
  if (Math.abs(value) < 1e5) return shown(value, Math.abs(value) < 1000 ? 3 : most);
  const [mantissa, exponent] = value.toExponential(2).split("e");
  return minus(`${Number(mantissa)}e${Number(exponent)}`);
}

/** A number on an axis, as people write it: 0.5, 20, 5000, 2\u00b710\u2076. */
export function onAxis(value) {
  const size = Math.abs(value);
  if (value === 0 || (size >= 0.001 && size < 1e5)) return minus(String(Number(value.toPrecision(6))));
  const [mantissa, exponent] = value.toExponential(2).split("e");
  const power = `10${superscript(Number(exponent))}`;
  const factor = Number(mantissa);
  if (Math.abs(factor) === 1) return minus(factor < 0 ? `-${power}` : power);
  return minus(`${factor}\u00b7${power}`);
}

const superscript = (power) =>
  String(power).replace(/[-\d]/g, (mark) => (mark === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[Number(mark)]));

function minus(text) {
  return text.startsWith("-") ? `\u2212${text.slice(1)}` : text;
}

/** h with m as a subscript. */
export function heightName(m) {
  return `h${String(m).replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)))}`;
}

/** A time in words. */
export function duration(seconds) {
  if (seconds < 0.001) return `${shown(seconds * 1e6, 2)} \u00b5s`;
  if (seconds < 1) return `${shown(seconds * 1e3, 2)} ms`;
  return `${shown(seconds, 2)} s`;
}

/** 1 row, 2 rows. */
export const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** "a [9, 4]", "an [8, 4]". */
export const withArticle = ({ n, k }) => (/^(8|11$|18$)/.test(String(n)) ? `an [${n},\u00a0${k}]` : `a [${n},\u00a0${k}]`);

/** Zero and a few round numbers between the least and the largest value. */
export function roundValues(least, most) {
  const size = most - least || 1;
  const raw = 10 ** Math.floor(Math.log10(size / 3));
  const step = [1, 2, 5, 10].map((factor) => factor * raw).find((one) => size / one <= 5);
  const out = [];
  for (let at = Math.ceil(least / step - 1e-9); at * step <= most + 1e-9 * size; at += 1) {
    out.push(Number((at * step).toPrecision(12)));
  }
  return out;
}
