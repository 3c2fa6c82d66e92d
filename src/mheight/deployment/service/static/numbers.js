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
