// Copying, also where the browser has no clipboard API (plain HTTP in a local network).

import { byId } from "./dom.js";

/** Copy a text and say so; where that is not allowed, show the text to be copied by hand. */
export async function copy(text, what) {
  const field = byId("copy-text");
  field.hidden = true;
  if (await written(text)) {
    say(`${what} copied.`);
    return;
  }
  const before = document.activeElement;
  field.hidden = false;
  field.value = text;
  field.focus();
  field.select();
  const done = tryCommand();
  say(done ? `${what} copied.` : "The browser does not let this page copy: press Ctrl+C or use the menu.");
  if (done) {
    field.hidden = true;
    before?.focus();
  }
}

async function written(text) {
  if (!navigator.clipboard?.writeText) return false;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function tryCommand() {
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  }
}

const say = (text) => {
  byId("copy-status").textContent = text;
};
