// Requests to the service.

/** Says in one sentence why there is no answer. */
export class ApiError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

const LONGEST = 60_000;

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
  let response;
  let reply = null;
  try {
    response = await fetch(path, options);
    reply = await response.json().catch((error) => {
      if (error instanceof SyntaxError) return null;
      throw error;
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    if (patience.aborted) throw new ApiError("The service took longer than a minute; try a smaller code.");
    throw new ApiError("The service does not answer. What you typed is still here; try again later.");
  }
  if (response.ok && reply !== null) return reply;
  if (reply?.error) throw new ApiError(sentence(reply), response.status);
  throw new ApiError(`The service failed (status ${response.status}); try again.`, response.status);
}

function sentence({ error, where }) {
  const place = /\[(\d+)\]\[(\d+)\]$/.exec(where ?? "");
  const text = error.charAt(0).toUpperCase() + error.slice(1);
  const end = place ? ` (row ${Number(place[1]) + 1}, column ${Number(place[2]) + 1})` : "";
  return `${text.replace(/\.$/, "")}${end}.`;
}

/** Whether an error only says that a newer request took over. */
export const isAbort = (error) => error.name === "AbortError";
