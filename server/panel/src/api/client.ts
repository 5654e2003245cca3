/** The only place that talks to the server: cookie session, CSRF header, problems as errors. It keeps no data. */
import { answered, rest } from "./answers";
import { ApiProblem } from "./problem";
import type { Me } from "./types";

/** `/t/NAME` when the tenant is named by the path, else empty; the server writes it into the page. */
export const base = /^(\/[\w./-]*[\w-])\/$/.exec(
  document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? "",
)?.[1] ?? "";

/** The whole address of a path below this tenant's. */
export const here = (path: string): string => `${window.location.origin}${base}${path}`;

const TRIES = 5;
const SOON = 10;

type Query = Record<string, string | number | undefined>;

let csrf = "";

/** The session's token, known once we know who is signed in; sent with every change. */
export function remember(me: Pick<Me, "csrf"> | null): void {
  csrf = me?.csrf ?? "";
}

function address(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const words = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return `${base}/api/v1${path}${given.length > 0 ? `?${words.toString()}` : ""}`;
}

async function problem(response: Response): Promise<ApiProblem> {
  try {
    const said = (await response.json()) as { title?: string; detail?: string; field?: string | null };
    return new ApiProblem(said.detail ?? said.title ?? "The server said no.", response.status, said.field ?? null);
  } catch {
    return new ApiProblem(`The server answered ${response.status} without a reason. Try again shortly.`, response.status, null);
  }
}

async function reach(address: string, given: RequestInit, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(address, { credentials: "same-origin", ...given, ...(signal === undefined ? {} : { signal }) });
  } catch {
    signal?.throwIfAborted();
    throw new ApiProblem("The server does not answer. It may be restarting; this page keeps trying.", 0, null);
  }
}

/** Too much was asked at once and nothing was done: it is asked again a few times, a little later each time. */
async function patiently(ask: () => Promise<Response>, signal: AbortSignal = new AbortController().signal): Promise<Response> {
  let response = await ask();
  for (let time = 1; response.status === 429 && Number(response.headers.get("Retry-After") ?? SOON) < SOON && time <= TRIES; time += 1) {
    await rest(time * 1_000, signal);
    response = await ask();
  }
  return response;
}

async function send<Reply>(method: string, path: string, query: Query, body?: unknown, signal?: AbortSignal): Promise<Reply> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  const given = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const ask = async () => {
    const first = await reach(address(path, query), given, signal);
    if (first.status !== 202 || !first.headers.has("Location")) return first;
    return answered(first, (where, until) => reach(`${base}${where}`, { headers }, until), signal);
  };
  const response = await patiently(ask, signal);
  if (!response.ok) throw await problem(response);
  if (response.status === 204) return undefined as Reply;
  return (await response.json()) as Reply;
}

export const get = <Reply>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Reply> => send<Reply>("GET", path, query, undefined, signal);
export const post = <Reply>(path: string, body?: unknown): Promise<Reply> => send<Reply>("POST", path, {}, body ?? {});
export const put = <Reply>(path: string, body: unknown): Promise<Reply> => send<Reply>("PUT", path, {}, body);
export const remove = <Reply>(path: string): Promise<Reply> => send<Reply>("DELETE", path, {});
