/** One door to the server: JSON, the CSRF header, problem+json errors, and whether the database
 *  is away (503). Network failures and 503 are told apart from refusals: only the former may be
 *  tried again without asking. */

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: Record<string, unknown>;
  constructor(status: number, body: Record<string, unknown>) {
    super(String(body.detail ?? body.title ?? status));
    this.status = status;
    this.code = String(body.code ?? "");
    this.body = body;
  }
  /** Nothing was decided: the same request may be sent again. */
  get passing(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

let csrf = "";
let away: (isAway: boolean) => void = () => {};
let signedOut: () => void = () => {};

export function setCsrf(token: string): void {
  csrf = token;
}

export function onAway(call: (isAway: boolean) => void): void {
  away = call;
}

export function onSignedOut(call: () => void): void {
  signedOut = call;
}

export interface Ask {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  version?: number;
  query?: Record<string, string | number | boolean | null | undefined>;
  signal?: AbortSignal;
  keepalive?: boolean;
}

function address(path: string, query: Ask["query"]): string {
  const url = new URL(`/api/v1${path}`, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, String(value));
  }
  return url.pathname + url.search;
}

export async function api<T>(path: string, ask: Ask = {}): Promise<T> {
  const method = ask.method ?? "GET";
  const headers: Record<string, string> = { Accept: "application/json" };
  if (ask.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  if (ask.version !== undefined) headers["If-Match"] = `"${ask.version}"`;
  let answer: Response;
  try {
    answer = await fetch(address(path, ask.query), {
      method,
      headers,
      body: ask.body === undefined ? undefined : JSON.stringify(ask.body),
      signal: ask.signal,
      keepalive: ask.keepalive,
      credentials: "same-origin",
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, { code: "network", detail: String(error) });
  }
  away(answer.status === 503);
  if (!answer.ok) throw await problem(answer, path);
  if (answer.status === 204) return undefined as T;
  const text = await answer.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function problem(answer: Response, path: string): Promise<Problem> {
  let body: Record<string, unknown>;
  try {
    body = (await answer.json()) as Record<string, unknown>;
  } catch {
    body = { detail: answer.statusText };
  }
  if (answer.status === 401 && !path.startsWith("/auth/")) signedOut();
  return new Problem(answer.status, body);
}

export const get = <T>(path: string, query?: Ask["query"], signal?: AbortSignal) =>
  api<T>(path, { query, signal });
export const post = <T>(path: string, body: unknown = {}) => api<T>(path, { method: "POST", body });
export const put = <T>(path: string, body: unknown) => api<T>(path, { method: "PUT", body });
export const patch = <T>(path: string, body: unknown, version?: number) =>
  api<T>(path, { method: "PATCH", body, version });
export const del = <T>(path: string) => api<T>(path, { method: "DELETE" });

/** Upload one file; XMLHttpRequest because fetch tells nothing about the progress of a body. */
export function upload<T>(file: File, progress: (share: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/files");
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    request.setRequestHeader("X-CSRF-Token", csrf);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      let body: Record<string, unknown> = {};
      try {
        body = JSON.parse(request.responseText) as Record<string, unknown>;
      } catch {
        // An answer that is no JSON is a failure whatever its status says.
      }
      if (request.status < 300) resolve(body as T);
      else reject(new Problem(request.status, body));
    });
    request.addEventListener("error", () => reject(new Problem(0, { code: "network" })));
    request.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
