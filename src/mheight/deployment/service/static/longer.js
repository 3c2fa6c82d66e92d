// Searching longer for heights of which only bounds are known.

import { isAbort, searchLonger } from "./api.js";
import { byId } from "./dom.js";
import { heightName, shown } from "./numbers.js";
import { updateAnswer } from "./result.js";

let running = null;

/** Prepare the buttons; shown() gives the result on the page. */
export function prepareLonger(shownResult) {
  byId("longer-all").addEventListener("click", () => search(shownResult(), null));
  byId("longer-one").addEventListener("click", () => search(shownResult(), shownResult().m));
  byId("cancel").addEventListener("click", stopLonger);
}

/** Stop a search that runs; what it has found stays. */
export function stopLonger() {
  running?.abort();
}

/** Forget a search, since its code is no longer the one that is shown. */
export function leaveLonger() {
  running?.abort();
  running = null;
  working(false);
  say("");
}

async function search(result, only) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  const seconds = Number(byId("longer-seconds").value);
  const before = result.answer;
  const last = { answer: null };
  working(true);
  say("Searching\u2026");
  byId("status").textContent = "";
  const told = (progress) => {
    if (mine !== running) return;
    if (progress.answer) {
      last.answer = progress.answer;
      updateAnswer({ ...merged(before, progress.answer), remark: before.remark && "the search goes on" });
    }
    say(sentence(progress, seconds));
  };
  try {
    const answer = await searchLonger({ kind: result.kind, rows: result.rows, only, seconds }, told, mine.signal);
    if (mine !== running) return;
    const all = merged(before, answer);
    updateAnswer(all);
    const known = all.heights.filter((height) => height.exact).length;
    say(known < all.heights.length ? `${known} of ${all.heights.length} heights known after ${seconds} s.` : "");
  } catch (error) {
    if (mine !== running) return;
    if (last.answer) updateAnswer(merged(before, last.answer));
    say(isAbort(error) ? "Stopped; what was found so far is shown." : error.message);
  } finally {
    if (mine === running) {
      running = null;
      working(false);
    }
  }
}

function sentence({ seconds, waiting, known, of, now }, limit) {
  if (waiting) return `Waiting for other searches to end: ${Math.round(seconds)} of ${limit} s.`;
  const bounds = now ? ` ${heightName(now.m)} is ${shown(now.lower ?? 1)} to ${now.upper === null ? "?" : shown(now.upper)};` : "";
  return `${known} of ${of} known;${bounds} ${Math.round(seconds)} of ${limit} s.`;
}

/** What is known from two answers of the same code: the narrower bounds of each height. */
function merged(before, after) {
  const found = new Map(after.heights.map((height) => [height.m, height]));
  const heights = before.heights.map((height) => narrower(height, found.get(height.m)));
  const missing = heights.some((height) => !height.exact);
  const capability = (after.capability?.length ?? 0) >= (before.capability?.length ?? 0) ? after.capability : before.capability;
  const known = heights.filter((height) => height.exact).length;
  const remark = missing ? `the search ended with ${known} of ${heights.length} heights known; bounds are shown` : null;
  const doubts = (after.doubts.length ? after : before).doubts.map((doubt) => doubt.text);
  const said = [remark, ...new Set(doubts)].filter(Boolean).join("; ");
  return { ...after, heights, capability: capability ?? before.capability, remark: said || null };
}

function narrower(a, b) {
  if (!b || a.exact) return a;
  if (b.exact) return b;
  const best = (b.lower ?? 1) >= (a.lower ?? 1) ? b : a;
  const upper = Math.min(a.upper ?? Infinity, b.upper ?? Infinity);
  return { ...best, upper: Number.isFinite(upper) ? upper : null };
}

function working(yes) {
  byId("cancel").hidden = !yes;
  for (const name of ["longer-all", "longer-one", "longer-seconds"]) byId(name).disabled = yes;
}

const say = (text) => {
  byId("longer-status").textContent = text;
};
