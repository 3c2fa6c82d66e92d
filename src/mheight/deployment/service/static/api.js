// Requests to the service.

/** Says in one sentence why there is no answer. */
export class ApiError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

const LONGEST = 60_000;
const TRIES = 6; // of a service that is busy or still loading, and says so

/** The model that predicts: name, groups, level, card. */
export const getModel = () => request("api/model");

/** Named and known good codes. */
export const getCodes = () => request("api/codes");

/** A random code, {n, k, seed, G}. */
export const getRandom = (n, k, seed, signal) =>
  request(`api/random?${new URLSearchParams({ n, k, seed })}`, { signal });

/** A matrix that is typed or in a file, as the command line reads it: {kind, rows, texts}. */
export const postMatrix = (text, file = null) => request("api/matrix", { body: { text, file } });

/** Heights of one code with codewords and capability; exact in fractions, from texts. */
export async function postHeights({ kind, rows, texts, only = null, exact = false }, signal) {
  const body = { [kind]: exact ? texts : rows, witness: true, capability: true };
  if (only) body.m = only;
  if (exact) body.exact = true;
  return (await request("api/heights", { body, signal })).codes[0];
}

/** What is found in one word, {word}, or in one that is drawn, {seed}; with violated checks. */
export function postDecode({ kind, rows }, { word, seed, tau, sigma, delta }, signal) {
  const body = { [kind]: rows, tau, sigma, delta, checks: true, ...(word ? { words: [word] } : { seed }) };
  return request("api/decode", { body, signal });
}

/** What a ratio affords, with a profile and with named codes. */
export function getAffords(ratio, profile, signal) {
  const query = new URLSearchParams({ ratio });
  if (profile.length) query.set("profile", profile.join(","));
  return request(`api/affords?${query}`, { signal });
}

/**
 * Search for longer; told(progress) is called twice a second.  Aborting the signal ends the
 * search at the service, too.
 */
export async function searchLonger({ kind, rows, only, seconds }, told, signal) {
  const body = { [kind]: rows, witness: true, capability: true, time_limit: seconds };
  if (only) body.m = only;
  try {
    const response = await fetch("api/search", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal,
    });
    if (!response.ok) return await read(response);
    for await (const line of linesOf(response.body)) {
      if (line.error) throw new ApiError(sentence(line));
      if (line.answer) return line.answer;
      if (line.progress) told(line.progress);
    }
  } catch (error) {
    if (error instanceof ApiError || signal.aborted) throw error;
  }
  throw new ApiError("The service broke off the search; what was found so far is shown.");
}

async function* linesOf(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) if (part) yield JSON.parse(part);
  }
}

/** Predictions for one code: {model, level, predictions}. */
export async function postPredictions(kind, rows, signal) {
  const reply = await request("api/predictions", { body: { [kind]: rows }, signal });
  return { model: reply.model, level: reply.level, predictions: reply.codes[0].predictions };
}

async function request(path, { body, signal } = {}) {
  const patience = AbortSignal.timeout(LONGEST);
  const options = { signal: signal ? AbortSignal.any([signal, patience]) : patience };
  if (body !== undefined) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  try {
    for (let left = TRIES - 1; ; left -= 1) {
      const response = await fetch(path, options);
      const wait = Number(response.headers.get("Retry-After"));
      if (response.status !== 503 || !left || !(wait > 0 && wait <= 5)) return await read(response);
      await pause(1000 * wait, options.signal);
    }
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted) throw error;
    if (patience.aborted) throw new ApiError("The service took longer than a minute; try a smaller code.");
    throw new ApiError("The service does not answer. What you typed is still here; try again later.");
  }
}

async function read(response) {
  const reply = await response.json().catch((error) => {
    if (error instanceof SyntaxError) return null;
    throw error;
  });
  if (response.ok && reply !== null) return reply;
  if (reply?.error) throw new ApiError(sentence(reply), response.status);
  throw new ApiError(`The service failed (status ${response.status}); try again.`, response.status);
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

function sentence({ error, where }) {
  const place = /\[(\d+)\]\[(\d+)\]$/.exec(where ?? "");
  const text = error.charAt(0).toUpperCase() + error.slice(1);
  const end = place ? ` (row ${Number(place[1]) + 1}, column ${Number(place[2]) + 1})` : "";
  return `${text.replace(/\.$/, "")}${end}.`;
}

/** Whether an error only says that a newer request took over. */
export const isAbort = (error) => error.name === "AbortError";
