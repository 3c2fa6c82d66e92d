// The page: from what somebody gives to a result.

import { getModel, isAbort, postHeights, postPredictions } from "./api.js";
import { copy } from "./clipboard.js";
import { byId } from "./dom.js";
import { prepareExamples } from "./examples.js";
import * as form from "./form.js";
import { fragmentOf, viewOf } from "./link.js";
import { MatrixError } from "./matrix.js";
import { clearAffords, prepareAffords } from "./affords.js";
import { saveCsv, saveLatex, savePng } from "./downloads.js";
import { leaveLonger, prepareLonger } from "./longer.js";
import { showProtection, prepareProtection } from "./protection.js";
import { hideResult, prepareResult, showLearned, showResult } from "./result.js";
import { asJson, asPython } from "./snippets.js";

const SLOW = 4000;
let running = null; // AbortController of the request under way
let result = null;
const model = getModel().then(
  (found) => ({ found }),
  (error) => ({ error }),
);

/** Compute a matrix {kind, texts, rows, source}; m is the height to look at. */
async function compute(matrix, { m = null, remember = true } = {}) {
  running?.abort();
  leaveLonger();
  const mine = new AbortController();
  running = mine;
  const says = waiting();
  try {
    const answer = await postHeights(matrix, mine.signal);
    if (mine !== running) return;
    result = { ...matrix, answer, m, learned: null, learnedLine: "" };
    if (!answer.heights.length) throw new MatrixError("For n = k there is no height.");
    clearAffords();
    showResult(result);
    showProtection(result);
    form.noteComputed(matrix);
    address(remember);
    const known = answer.heights.filter((height) => height.exact).length;
    const part = known < answer.heights.length ? ` ${known} of ${answer.heights.length} heights known.` : "";
    says.done(`Done: [${answer.n}, ${answer.k}] code.${part}`);
    if (remember) comeIntoView();
    await learn(matrix, answer, mine);
  } catch (error) {
    if (mine === running && !isAbort(error)) {
      says.done("");
      form.showError(error.message);
    }
  } finally {
    says.stop();
    if (mine === running) running = null;
  }
}

/** Say that something is under way; more when it takes long. */
function waiting() {
  const status = byId("status");
  form.showError("");
  status.textContent = "Computing\u2026";
  byId("result").classList.add("waiting");
  const timer = setTimeout(() => {
    status.textContent = "Still computing: the service is slow or busy. What is shown is the former result.";
    if (byId("result").hidden) status.textContent = "Still computing: the service is slow or busy.";
  }, SLOW);
  const mine = status.dataset;
  const ticket = (mine.ticket = String(Number(mine.ticket ?? 0) + 1));
  const last = () => mine.ticket === ticket;
  return {
    done(text) {
      if (last()) status.textContent = text;
    },
    stop() {
      clearTimeout(timer);
      if (last()) byId("result").classList.remove("waiting");
    },
  };
}

/** Ask for predictions where the model knows the code, else say why there are none. */
async function learn(matrix, { n, k }, mine) {
  byId("result").classList.remove("waiting");
  const { found, error } = await model;
  const say = (learned, line) => {
    if (mine === running) showLearned(learned, line);
  };
  if (error) return say(null, `No prediction: the model is not available (${error.message})`);
  const known = found.groups.filter(([length, dimension]) => length === n && dimension === k);
  if (!known.length) {
    const codes = [...new Set(found.groups.map(([length, dimension]) => `[${length}, ${dimension}]`))];
    const longest = Math.max(...found.groups.map(([length]) => length));
    const few = codes.length <= 9 ? codes.join(", ") : `of n up to ${longest}`;
    return say(null, `No prediction: the model knows codes ${few}; this one is [${n}, ${k}].`);
  }
  try {
    const learned = await postPredictions(matrix.kind, matrix.rows, mine.signal);
    return say(learned, `Exact or learned: at n = ${n} the exact height is right, and cheaper than the network. ` +
      `The prediction of ${learned.model} is shown so that you can see how well it does.` +
      ` It predicts m = ${known.map(([, , order]) => order).join(", ")} for k = ${k}.`);
  } catch (failure) {
    if (isAbort(failure)) throw failure;
    return say(null, `No prediction: ${failure.message}`);
  }
}

/** Put the view into the address; as a new entry of the history where it is a new matrix. */
function address(isNew) {
  const fragment = fragmentOf(result);
  if (fragment === location.hash) return;
  history[isNew ? "pushState" : "replaceState"](null, "", fragment);
}

function comeIntoView() {
  const top = byId("result").getBoundingClientRect().top;
  if (top > window.innerHeight * 0.8) byId("result").scrollIntoView({ block: "start" });
}

/** Show what the address says. */
function fromAddress() {
  let view;
  try {
    view = viewOf(location.hash);
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    form.put(error);
    form.showError(error.message);
    return true;
  }
  if (!view) return false;
  form.put(view);
  compute({ ...view, ...form.options(), source: "" }, { m: view.m, remember: false });
  return true;
}

async function showModel() {
  const { found } = await model;
  if (!found?.card) return;
  byId("model").hidden = false;
  byId("card").textContent = found.card;
}

function prepareCopies() {
  byId("copy-python").addEventListener("click", () => copy(asPython(result), "Python"));
  byId("copy-json").addEventListener("click", () => copy(asJson(result), "JSON"));
  byId("copy-link").addEventListener("click", () => {
    copy(new URL(fragmentOf(result), location.href).href, "Link");
  });
}

prepareResult(() => address(false));
form.prepareForm(compute);
prepareExamples((code, source) => {
  const matrix = form.put({ kind: "G", rows: code.G });
  return compute({ ...matrix, ...form.options(), source });
});
prepareCopies();
prepareAffords(() => result);
prepareLonger(() => result);
prepareProtection();
for (const [name, save] of [["csv", saveCsv], ["latex", saveLatex], ["png", savePng]]) {
  byId(`save-${name}`).addEventListener("click", () => save(result));
}
window.addEventListener("popstate", () => {
  if (!fromAddress()) hideResult();
});
if (!fromAddress()) form.restoreDraft();
showModel();
