/** The only place that talks to the server: cookie session, CSRF header, problems as errors. It keeps no data. */
import { ApiProblem } from "./problem";
import type { Me } from "./types";

/** `/t/NAME` when the tenant is named by the path, else empty; the server writes it into the page. */
export const base = /^(\/[\w./-]*[\w-])\/$/.exec(
  document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? "",
)?.[1] ?? "";

type Query = Record<string, string | number | undefined>;

let csrf = "";

/** The session's token, known once we know who is signed in; sent with every change. */
export function remember(me: Me | null): void {
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

async function send<Reply>(method: string, path: string, query: Query, body?: unknown): Promise<Reply> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  let response: Response;
  try {
    response = await fetch(address(path, query), {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiProblem("The server does not answer. It may be restarting; this page keeps trying.", 0, null);
  }
  if (!response.ok) throw await problem(response);
  if (response.status === 204) return undefined as Reply;
  return (await response.json()) as Reply;
}

export const get = <Reply>(path: string, query: Query = {}): Promise<Reply> => send<Reply>("GET", path, query);
export const post = <Reply>(path: string, body?: unknown): Promise<Reply> => send<Reply>("POST", path, {}, body ?? {});
export const put = <Reply>(path: string, body: unknown): Promise<Reply> => send<Reply>("PUT", path, {}, body);
export const remove = <Reply>(path: string): Promise<Reply> => send<Reply>("DELETE", path, {});
