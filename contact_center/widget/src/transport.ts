// Talks to the server: session, queue of what is to be sent, messages by cursor, live socket.
// The server is the truth; what is not yet there stands in the queue, which survives a reload.
// A message carries an id made here, so sending it twice makes one message.

import type { FileInfo, Net, Refusal } from "./net";

export interface Message {
  id: string; cursor: string; from: "visitor" | "operator" | "system"; name?: string; text: string;
  at: string; attachments: FileInfo[]; client_id?: string; status?: string; code?: string;
}
export interface Waiting {
  id: string; text: string; at: string; attachments: FileInfo[];
  prechat?: Record<string, string>; offline?: boolean; failed?: string;
}
export interface Field { name: string; label?: string; type?: string; required?: boolean }
export interface ContactInfo { number: number; state: string; operator?: { name: string } | null; wait?: Record<string, string> | null }
export interface Session {
  token: string; expires_at: string; visitor: string; texts: Record<string, string>;
  theme: Record<string, string>; prechat: Field[]; open: boolean; opens_at: string | null;
  ready: boolean; offline_form: boolean; limits: { text: number; file_bytes: number };
  contact: ContactInfo | null; cursor: string | null;
}
interface Page { items: Message[]; contact: ContactInfo | null; typing?: boolean }
export interface Identity { user_id: string; hash: string; name?: string; email?: string }
export interface Link {
  state: "off" | "connecting" | "live" | "offline" | "blocked";
  session?: Session; messages: Message[]; queue: Waiting[]; typing: boolean;
  contact: ContactInfo | null; operatorRead: string; loaded: boolean;
}

/** A cursor is "<contact>:<seq>"; contacts are time-ordered ids, so both parts compare. */
export function later(a: string, b: string): boolean {
  const [x = "", m = "0"] = a.split(":");
  const [y = "", n = "0"] = b.split(":");
  return x === y ? +m > +n : x > y;
}

const nobody = {
  state: "off", messages: [], queue: [], typing: false, session: undefined, contact: null, operatorRead: "", loaded: false,
} satisfies Link;

export class Transport {
  link: Link;
  private socket: WebSocket | undefined;
  private tries = 0;
  private life: object | undefined; // of one visitor, from `start` to `stop`: what it asked for dies with it
  private sending = false;
  private fetching: Promise<void> | undefined;
  private again = false;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private typedAt = 0;
  private lastBeat = 0;
  private readCursor = "";
  private asked = ""; // the oldest message when earlier ones were last asked for
  prechat: Record<string, string> | undefined; // goes with all that is written before something has arrived
  early: File[] = []; // chosen before there is a session: they wait for it

  constructor(
    private readonly net: Net, private readonly lang: string,
    private readonly changed: () => void, private identity?: Identity,
  ) {
    this.link = { ...nobody, queue: this.stored() };
    addEventListener("online", () => this.kick());
    addEventListener("offline", () => { this.set({ state: "offline" }); this.socket?.close(); });
    addEventListener("storage", ({ key, newValue }) => {
      if (key === net.name("queue")) this.set({ queue: this.stored() });
      else if (!newValue && (!key || key === net.name("token"))) {
        // Another tab has signed out, or the site has cleared all it keeps. Had we just come back, our token goes too.
        if (net.get("token") === net.token) net.put("token");
        this.logout();
      }
    });
    addEventListener("visibilitychange", () => { if (!document.hidden) this.kick(); });
  }

  private stored(): Waiting[] {
    try { return JSON.parse(this.net.get("queue") || "[]") as Waiting[]; } catch { return []; }
  }

  private set(part: Partial<Link>): void {
    this.link = { ...this.link, ...part };
    this.changed();
  }

  private keep(queue: Waiting[]): void {
    this.net.put("queue", JSON.stringify(queue));
    this.set({ queue });
  }

  /** Connect and stay connected until `stop`. */
  start(): void {
    if (this.life) return this.kick();
    void this.run(this.life = {});
  }

  private stop(): void { this.life = undefined; this.readCursor = ""; this.socket?.close(); }

  private wake: (() => void) | undefined;
  private kick(): void { this.tries = 0; this.wake?.(); void this.flush(); }

  private async run(life: object): Promise<void> {
    while (this.life === life) {
      this.set({ state: this.link.session ? "offline" : "connecting" });
      try {
        await this.begin();
        await this.fetchNew();
        void this.flush();
        await this.listen(life);
      } catch (error) {
        if (this.life === life && (error as Refusal).status === 403) { this.set({ state: "blocked" }); this.stop(); }
      }
      if (this.life !== life) return;
      this.set({ state: "offline" });
      await Promise.race([this.net.pause(this.tries++), new Promise<void>((done) => { this.wake = done; })]);
    }
  }

  private async begin(): Promise<void> {
    const ask = { locale: this.lang, page: location.href.slice(0, 2000), referrer: document.referrer.slice(0, 2000), title: document.title.slice(0, 200), identity: this.identity };
    const { net } = this;
    let session: Session;
    do {
      // All tabs are one visitor, also where he came or went meanwhile; but a tab keeps whom it has,
      // or one with an identity and one without would take each other's visitor at each reconnect.
      const kept = net.get("token");
      net.token = kept && (net.token || kept);
      session = await this.call<Session>("/session", ask);
    } while (!net.token !== !net.get("token"));
    const before = this.link.session;
    net.put("token", net.token = session.token);
    this.set({ ...(before?.visitor !== session.visitor && nobody), queue: this.link.queue, session, contact: session.contact, state: "connecting" });
  }

  /** Fetch what is new; calls while one runs make it run once more. */
  fetchNew(): Promise<void> {
    if (this.fetching) this.again = true;
    else this.fetching = this.fetchAll().finally(() => {
      this.fetching = undefined;
      if (this.again) { this.again = false; void this.fetchNew(); }
    });
    return this.fetching;
  }

  private async fetchAll(): Promise<void> {
    while ((await this.page(`after=${this.last}`)).items.length >= 50);
  }

  private get last(): string { return this.link.messages.at(-1)?.cursor ?? ""; }

  /** Ask for the visitor of now: an answer that comes when he has gone is nobody's. */
  private async call<T>(part: string, body?: unknown, seconds?: number): Promise<T> {
    const { life } = this;
    const answer = await this.net.call<T>(part, body, seconds);
    if (life !== this.life) throw 0;
    return answer;
  }

  /** Take a page of messages in; cursors are made of letters that may stand in an address. */
  private async page(place: string, seconds?: number): Promise<Page> {
    const page = await this.call<Page>(`/messages?${place}`, undefined, seconds);
    this.take(page);
    return page;
  }

  private take({ items, contact }: Page): void {
    const known = new Map(this.link.messages.map((one) => [one.id, one]));
    for (const one of items) known.set(one.id, one);
    const messages = [...known.values()].sort((a, b) => (later(a.cursor, b.cursor) ? 1 : -1));
    const arrived = new Set(items.map((one) => one.client_id));
    const queue = this.link.queue.filter((one) => !arrived.has(one.id));
    if (queue.length !== this.link.queue.length) this.keep(queue);
    const typing = this.link.typing && !items.some((one) => one.from === "operator");
    this.set({ messages, contact: contact ?? this.link.contact, typing, loaded: true });
  }

  /** Fetch what is older than all that is here, until there is nothing; one request at a time. */
  earlier(): void {
    const first = this.link.messages[0]?.cursor ?? "";
    if (this.asked === first) return;
    this.asked = first;
    this.page(`before=${first}`).catch(() => { this.asked = ""; });
  }

  private listen(life: object): Promise<void> {
    return new Promise((done) => {
      const url = this.net.path("/live").replace(/^http/, "ws");
      const socket = this.socket = new WebSocket(url, ["cc.chat", this.net.token ?? ""]);
      let opened = false;
      const watch = setInterval(() => {
        if (Date.now() - this.lastBeat > 20000) socket.close();
        else if (socket.readyState === 1) socket.send('{"t":"ping"}');
      }, 5000);
      this.lastBeat = Date.now();
      socket.onopen = () => { opened = true; this.tries = 0; this.set({ state: "live" }); void this.fetchNew().catch(() => socket.close()); };
      socket.onmessage = (event) => { this.lastBeat = Date.now(); this.hear(event.data as string); };
      socket.onclose = () => {
        clearInterval(watch);
        if (!opened && navigator.onLine) void this.poll(life).then(done);
        else done();
      };
    });
  }

  /** Where sockets are blocked: ask and wait, until that fails too or ten minutes have passed. */
  private async poll(life: object): Promise<void> {
    try {
      for (let round = 0; round < 25 && this.life === life; round++) {
        this.set({ state: "live" });
        if ((await this.page(`after=${this.last}&wait=25`, 40)).typing) this.hear('{"t":"typing"}');
      }
    } catch { /* the outer loop backs off */ }
  }

  private hear(text: string): void {
    let frames: { t: string; cursor?: string; contact?: ContactInfo }[];
    try { frames = [JSON.parse(text)].flat() as typeof frames; } catch { return; }
    for (const frame of frames) {
      if (frame.t === "typing") {
        clearTimeout(this.typingTimer);
        this.typingTimer = setTimeout(() => this.set({ typing: false }), 6000);
        this.set({ typing: true });
      } else if (frame.t === "read" && frame.cursor) this.set({ operatorRead: frame.cursor });
      else if (frame.t === "contact" && frame.contact) this.set({ contact: frame.contact });
      else if (/new|changed/.test(frame.t)) void this.fetchNew().catch(() => this.socket?.close());
      else if (frame.t === "beat" && frame.cursor && later(frame.cursor, this.last)) void this.fetchNew().catch(() => {});
    }
  }

  /** Put a message into the queue; it leaves when it can. */
  send(text: string, attachments: FileInfo[] = [], more: Partial<Waiting> = {}): void {
    const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    const prechat = this.link.messages.length ? undefined : this.prechat;
    this.keep([...this.link.queue, { id, text, attachments, at: new Date().toISOString(), prechat, ...more }]);
    this.start();
    void this.flush();
  }

  private mark(id: string, failed?: string): void {
    this.keep(this.link.queue.map((one) => (one.id === id ? { ...one, failed } : one)));
  }

  retry(id: string): void { this.mark(id); void this.flush(); }

  drop(id: string): void { this.keep(this.link.queue.filter((one) => one.id !== id)); }

  private async flush(): Promise<void> {
    if (this.sending || !this.net.token) return;
    this.sending = true;
    try {
      for (let tries = 0; ;) {
        const next = this.link.queue.find((one) => !one.failed);
        if (!next) return;
        try {
          await this.net.call("/events", {
            type: "message", id: next.id, text: next.text, attachments: next.attachments.map((file) => file.id),
            page: location.href.slice(0, 2000), prechat: next.prechat, offline: next.offline,
          });
          tries = 0;
          await this.fetchNew();
          this.drop(next.id);
        } catch (error) {
          const { status, message } = error as Refusal;
          if (/^4(?!01|08|29)/.test(`${status}`)) { // refused for good
            this.mark(next.id, message || `${status}`);
          } else {
            if (status === 401) await this.begin().catch(() => {});
            if (!navigator.onLine) return;
            await this.net.pause(tries++);
          }
        }
      }
    } finally { this.sending = false; }
  }

  typing(): void {
    if (Date.now() - this.typedAt < 3000 || this.socket?.readyState !== 1) return;
    this.typedAt = Date.now();
    this.socket.send('{"t":"typing"}');
  }

  /** The visitor does not wait for an operator any longer. */
  leave(): void { void this.net.call("/events", { type: "leave" }).catch(() => {}); }

  /** Tell how far the visitor has read; only ever forward. */
  read(cursor: string): void {
    if (!later(cursor, this.readCursor)) return;
    this.readCursor = cursor;
    void this.net.call("/events", { type: "read", cursor }).catch(() => { this.readCursor = ""; });
  }

  identify(identity: Identity): void { this.stop(); this.identity = identity; this.start(); }

  /** What is kept is the caller's to forget: another tab may keep the next visitor's already. */
  logout(): void {
    this.stop();
    this.net.kept = {};
    this.net.token = null;
    this.identity = this.prechat = undefined;
    this.early = [];
    this.set(nobody);
  }
}
