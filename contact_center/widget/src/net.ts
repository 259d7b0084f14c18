// Requests to the server. Lives in widget.js and is handed to the panel: each file has its budget.
export interface FileInfo { id: string; name: string; type: string; size: number; url: string }

export class Refusal extends Error {
  constructor(readonly status: number, message = "") { super(message); }
}

const BACKOFF = [1, 2, 4, 8, 15, 30];

export class Net {
  /** The visitor's signed session; only ever sent in a header. */
  token: string | null = null;

  constructor(readonly key: string, readonly origin: string) {}

  /** What the browser would not keep: its storage may be full or forbidden. */
  kept: Record<string, string> = {};
  readonly name = (part: string) => `cc:${this.key}:${part}`;

  get(part: string): string | null {
    try { return this.kept[part] ?? localStorage.getItem(this.name(part)); } catch { return null; }
  }

  put(part: string, value = ""): void {
    this.kept[part] = value;
    try {
      if (value) localStorage.setItem(this.name(part), value);
      else localStorage.removeItem(this.name(part));
      delete this.kept[part];
    } catch { /* it lives as long as the page */ }
  }

  /** Nothing of this visitor stays on the computer; other tabs hear it by the token, when the rest is gone. */
  forget(): void { for (const part of ["queue", "seen", "draft", "token"]) this.put(part); }

  readonly path = (part: string) => `${this.origin}/chat/v1/${encodeURIComponent(this.key)}${part}`;

  /** Rejects with Refusal when the server refuses, with other errors when it is not reached. */
  async call<T>(part: string, body?: unknown, seconds = 20): Promise<T> {
    const headers: Record<string, string> = body ? { "Content-Type": "application/json" } : {};
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    const reply = await fetch(this.path(part), {
      method: body ? "POST" : "GET", headers, credentials: "omit", cache: "no-store",
      body: body ? JSON.stringify(body) : undefined, signal: AbortSignal.timeout(seconds * 1000),
    });
    if (reply.ok) return (await reply.json()) as T;
    throw new Refusal(reply.status, await reply.json().then((problem: { detail?: string }) => problem.detail, () => ""));
  }

  /** Upload a file; progress goes from 0 to 1. Rejects with Refusal. */
  upload(file: File, progress: (part: number) => void, stop: AbortSignal): Promise<FileInfo> {
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest();
      request.open("POST", this.path("/files"));
      request.setRequestHeader("Authorization", `Bearer ${this.token ?? ""}`);
      request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
      request.setRequestHeader("X-File-Name", encodeURIComponent(file.name.slice(0, 200)));
      request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0);
      request.onerror = () => fail(new Refusal(0));
      request.onload = () => {
        let body: FileInfo & { detail?: string };
        try { body = JSON.parse(request.responseText) as typeof body; } catch { return fail(new Refusal(request.status)); }
        if (request.status < 300) done(body);
        else fail(new Refusal(request.status, body.detail));
      };
      stop.addEventListener("abort", () => request.abort());
      request.send(file);
    });
  }

  size(bytes: number, lang: string): string {
    const [small, large] = lang === "ru" ? ["КБ", "МБ"] : ["kB", "MB"];
    return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} ${small}` : `${(bytes / 1e6).toFixed(1)} ${large}`;
  }

  /** Sleep before try number `tries`, with jitter, so that a thousand widgets do not come at once. */
  pause(tries: number): Promise<void> {
    const seconds = (BACKOFF[Math.min(tries, BACKOFF.length - 1)] ?? 30) * (0.7 + Math.random() * 0.6);
    return new Promise((done) => setTimeout(done, seconds * 1000));
  }
}
