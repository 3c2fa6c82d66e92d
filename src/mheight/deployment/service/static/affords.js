// What a ratio of large to small errors affords: with the code shown, and with named ones.

import { getAffords } from "./api.js";
import { byId, h } from "./dom.js";

let turn = 0;

/** Prepare the question; shown() gives the result on the page. */
export function prepareAffords(shown) {
  byId("affords-form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask(shown());
  });
}

/** Take away an answer that is of another code. */
export function clearAffords() {
  turn += 1;
  byId("ratio-error").textContent = "";
  byId("affords").replaceChildren();
}

async function ask(result) {
  const { answer } = result;
  const ratio = Number(byId("ratio").value);
  clearAffords();
  const asked = (turn += 1);
  if (!(ratio > 0 && Number.isFinite(ratio))) {
    byId("ratio-error").textContent = "A number above 0 is needed, such as 10.";
    return;
  }
  try {
    const profile = knownProfile(answer.heights);
    const found = await getAffords(ratio, profile);
    if (asked !== turn) return;
    const all = profile.length === answer.heights.length || profile.at(-1) === "inf";
    show(found, answer, all);
  } catch (error) {
    byId("ratio-error").textContent = error.message;
  }
}

/** h_1, h_2, ... as far as they are known from the beginning. */
function knownProfile(heights) {
  const out = [];
  for (const height of heights) {
    if (!height.exact || height.m !== out.length + 1) break;
    out.push(height.infinite ? "inf" : String(height.height));
    if (height.infinite) break;
  }
  return out;
}

function show({ ratio, pairs, named }, { n, k }, all) {
  const rows = [[`this [${n}, ${k}] code`, pairs], ...named.map((code) => [code.name, code.pairs])];
  const note = all ? "" : " Of this code, only the heights that are known count.";
  byId("affords").replaceChildren(
    h("p", {}, `With \u0394/\u03b4 = ${ratio}, at most:${note}`),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "What the ratio affords" },
      h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "code"), h("th", { scope: "col" }, "affords"))),
        h("tbody", {}, ...rows.map(([name, found]) =>
          h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, inWords(found))))))),
  );
}

function inWords(pairs) {
  if (!pairs) return "not known: its heights from m = 1 on are needed";
  if (!pairs.length) return "nothing: not one error is detected";
  const each = pairs.map(({ located, detected }) => {
    if (!located) return `detects ${detected}`;
    return detected ? `locates ${located} and detects ${detected} more` : `locates ${located}`;
  });
  return each.join(", or ");
}
