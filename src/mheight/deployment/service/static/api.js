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

/** Heights of one code with codewords and capability. */
export async function postHeights(kind, rows, signal) {
  const body = { [kind]: rows, witness: true, capability: true };
  return (await request("api/heights", { body, signal })).codes[0];
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
