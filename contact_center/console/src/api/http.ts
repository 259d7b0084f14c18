/** One door to the server: JSON, the CSRF header, problem+json errors, and whether the database
 *  is away (503). Network failures and 503 are told apart from refusals: only the former may be
 *  tried again without asking. */

import type { Answer, Method, Options, Path, Rest } from "./ask";
import type { Problem as Told } from "./generated";

/** What is told of a refusal; a proxy between us may tell less than the service. */
type Refusal = Partial<Told>;

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: Refusal;
  constructor(status: number, body: Refusal) {
    super(String(body.detail ?? body.title ?? status));
    this.status = status;
    this.code = String(body.code ?? "");
    this.body = body;
  }
  /** Nothing was decided: the same request may be sent again. */
  get passing(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
  /** The same request will be answered so again, by whomever and whenever it is sent. */
  get isFinal(): boolean {
    return !this.passing && this.status !== 429 && this.status !== 401;
  }
}

/** When what an answer tells was asked for: what was changed later it may not know. */
const askedTimes = new WeakMap<object, number>();

export function askedAt(answer: object): number | undefined {
  return askedTimes.get(answer);
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

interface Wire extends Options {
  path?: Record<string, string>;
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
}

/** The place of a route: its path variables filled in, and the query without what is empty. */
function address(path: string, values: Wire["path"] = {}, query: Wire["query"] = {}): string {
  const filled = path.replaceAll(/{(\w+)}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
  const given = Object.entries(query).flatMap(([name, value]) => ((value ?? "") === "" ? [] : [[name, String(value)]]));
  return `/api/v1${filled}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
}

/** A call that the table does not check: for what is built on it with types of its own. */
export async function call(method: Method, path: string, ask: Wire = {}): Promise<unknown> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (ask.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  if (ask.version !== undefined) headers["If-Match"] = `"${ask.version}"`;
  const asked = Date.now();
  let answer: Response;
  try {
    answer = await fetch(address(path, ask.path, ask.query), {
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
  if (answer.status === 204) return undefined;
  const text = await answer.text();
  const told = text ? (JSON.parse(text) as unknown) : undefined;
  if (typeof told === "object" && told) askedTimes.set(told, asked);
  return told;
}

/** The calls of one method. What the table says of a route is believed of its answer: the one
 *  place where that is so. */
const asking =
  <M extends Method>(method: M) =>
  <P extends Path<M>>(path: P, ...[ask]: Rest<M, P>): Promise<Answer<M, P>> =>
    call(method, path, ask) as Promise<Answer<M, P>>;

export const get = asking("GET");
export const post = asking("POST");
export const put = asking("PUT");
export const patch = asking("PATCH");
export const del = asking("DELETE");

async function problem(answer: Response, path: string): Promise<Problem> {
  let body: Refusal;
  try {
    body = (await answer.json()) as Refusal;
  } catch {
    body = { detail: answer.statusText };
  }
  if (answer.status === 401 && !path.startsWith("/auth/")) signedOut();
  return new Problem(answer.status, body);
}

/** The bytes a route answers with. */
export async function saved(path: string): Promise<Blob> {
  const answer = await fetch(address(path), { credentials: "same-origin" });
  if (!answer.ok) throw await problem(answer, path);
  return answer.blob();
}

/** Upload one file; XMLHttpRequest because fetch tells nothing about the progress of a body. */
export function upload(file: File, progress: (share: number) => void, signal: AbortSignal): Promise<Answer<"POST", "/files">> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address("/files" satisfies Path<"POST">));
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    request.setRequestHeader("X-CSRF-Token", csrf);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      let body: Refusal = {};
      try {
        body = JSON.parse(request.responseText) as Refusal;
      } catch {
        // An answer that is no JSON is a failure whatever its status says.
      }
      if (request.status < 300) resolve(body as unknown as Answer<"POST", "/files">);
      else reject(new Problem(request.status, body));
    });
    request.addEventListener("error", () => reject(new Problem(0, { code: "network" })));
    request.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
