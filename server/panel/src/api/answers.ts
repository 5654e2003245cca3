/** Waits for what an app is asked in the background: looks again until the answer is there, and says for whom it waits. It asks nothing itself. */
import { ApiProblem } from "./problem";
import type { Waiting } from "./types";

const FIRST_PAUSE = 150;
const LONGEST_PAUSE = 2_000;
const SHOWN_AFTER = 1;
const MOST_REFUSALS = 8;
const BUSY = 429;

/** An app that somebody waits for by now. */
export interface Wait {
  id: number;
  app: string;
  stop: () => void;
}

let waits: readonly Wait[] = [];
let next = 0;
const listeners = new Set<() => void>();

function put(changed: readonly Wait[]): void {
  waits = changed;
  for (const listener of listeners) listener();
}

/** The apps that are waited for, for longer than anybody would overlook. */
export const current = (): readonly Wait[] => waits;
export function onChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Rests for so many milliseconds; ends early, with an error, when the signal says so. */
export function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, stopped) => {
    const timer = setTimeout(end, milliseconds);
    function end(): void {
      signal.removeEventListener("abort", stop);
      done();
    }
    function stop(): void {
      clearTimeout(timer);
      stopped(signal.reason as Error);
    }
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

type Pause = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/**
 * The answer to what `first` only said is being asked. `look` fetches the path of the answer.
 *
 * The pauses between two looks grow. Whoever leaves the page (`left`) or says stop ends it; the server then gives the question up by itself.
 */
export async function answered(
  first: Response,
  look: (path: string, signal: AbortSignal) => Promise<Response>,
  left?: AbortSignal,
  pause: Pause = rest,
): Promise<Response> {
  const stopping = new AbortController();
  const signal = left === undefined ? stopping.signal : AbortSignal.any([left, stopping.signal]);
  const id = next++;
  let response = first;
  let refusals = 0;
  let path = "";
  try {
    for (let wait = FIRST_PAUSE; response.status === 202 || (isCrowded(response) && refusals < MOST_REFUSALS); wait = Math.min(wait * 1.6, LONGEST_PAUSE)) {
      if (response.status === BUSY) refusals += 1;
      else {
        const said = (await response.json()) as Waiting;
        path = said.answer;
        if (said.seconds >= SHOWN_AFTER) show(id, said.asking, stopping);
      }
      await pause(response.status === BUSY ? LONGEST_PAUSE : wait, signal);
      response = await look(path, signal);
    }
    return response;
  } finally {
    put(waits.filter((one) => one.id !== id));
  }
}

/** The look itself was refused because of many at once, which is over in a second. What the question ended with may be a refusal, too. */
const isCrowded = (response: Response) => response.status === BUSY && response.headers.get("Retry-After") === "1";

function show(id: number, app: string, stopping: AbortController): void {
  if (waits.some((one) => one.id === id && one.app === app)) return;
  const named = app === "" ? "the app" : `“${app}”`;
  const stop = () => stopping.abort(new ApiProblem(`You stopped waiting for ${named}. Ask again whenever you like.`, 499, null));
  put([...waits.filter((one) => one.id !== id), { id, app, stop }]);
}
