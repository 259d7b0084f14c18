/** The live connection: one WebSocket, its numbering, and the long poll where sockets are blocked.
 *
 *  The server numbers what must not be missed. A missing number, a beat that is ahead of us or a
 *  new session leads to a `resync`: we send what we have, the server answers with what differs.
 *  What we asked is asked again until it is answered: a frame may be lost on the way.
 *  `phase` is never better than the truth: silence longer than SILENT ms ends the connection. */

import type { Frame, LiveEvent, LiveReady, LiveSubscribed, LiveSync, Said } from "../api/types";

export type Phase = "connecting" | "live" | "reconnecting" | "offline";

export interface LiveState {
  phase: Phase;
  /** Since when the phase lasts; for anything but "live": since when the data may be old. */
  since: number;
  via: "socket" | "poll";
}

export interface SocketLike {
  send(data: string): void;
  close(): void;
  onopen: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { data: string }) => void) | null;
}

export interface LiveOptions {
  socket: () => SocketLike;
  poll: (session: string, after: number, signal: AbortSignal) => Promise<Frame[]>;
  tell: (session: string, said: Said[]) => Promise<void>;
  known: () => Record<string, number>;
  onEvent: (event: LiveEvent) => void;
  onSync: (frame: LiveSync) => void;
  onSubscribed: (frame: LiveSubscribed) => void;
  onEphemeral: (frame: Frame) => void;
  onNow: (now: string) => void;
  onState: (state: LiveState) => void;
  random?: () => number;
}

const SILENT = 12_500;
const POLL_SILENT = 40_000;
const OFFLINE_AFTER = 30_000;
const SOCKET_TRIES = 3;
const PATIENCE = 2000;
const LONGEST_PATIENCE = 16_000;

export class LiveClient {
  state: LiveState = { phase: "connecting", since: Date.now(), via: "socket" };
  private readonly topics = new Map<string, number>();
  /** The topics the server has confirmed, or refused. */
  private readonly heard = new Set<string>();
  /** Whether a resync was asked for and not answered yet. */
  private owed = false;
  private asking: ReturnType<typeof setTimeout> | undefined;
  private patience = PATIENCE;
  private socket: SocketLike | null = null;
  private session = "";
  private last = 0;
  private ready = false;
  private failures = 0;
  private stopped = true;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private worse: ReturnType<typeof setTimeout> | undefined;
  private polling: AbortController | null = null;
  private viewing: string | null = null;
  private readonly o: LiveOptions;

  constructor(options: LiveOptions) {
    this.o = options;
  }

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    clearTimeout(this.worse);
    this.polling?.abort();
    this.drop();
  }

  /** Try at once: the browser says the network is back, or a person pressed the button. */
  now(): void {
    if (this.stopped || this.ready) return;
    clearTimeout(this.retry);
    this.polling?.abort();
    this.drop();
    this.connect();
  }

  /** The browser says the network is gone. */
  lost(): void {
    if (!this.stopped) this.broken();
  }

  subscribe(topic: string): () => void {
    const count = this.topics.get(topic) ?? 0;
    this.topics.set(topic, count + 1);
    if (count === 0) {
      this.send({ t: "sub", topics: [topic] });
      this.insist();
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.topics.get(topic) ?? 1) - 1;
      if (left > 0) this.topics.set(topic, left);
      else {
        this.topics.delete(topic);
        this.heard.delete(topic);
        this.send({ t: "unsub", topics: [topic] });
      }
    };
  }

  typing(contact: string, kind: "reply" | "note"): void {
    this.send({ t: "typing", contact, kind });
  }

  view(contact: string | null): void {
    this.viewing = contact;
    this.send({ t: "view", contact });
  }

  resync(): void {
    this.owed = true;
    this.send({ t: "resync", contacts: this.o.known() });
    this.insist();
  }

  private insist(): void {
    clearTimeout(this.asking);
    const deaf = [...this.topics.keys()].filter((topic) => !this.heard.has(topic));
    if (!this.ready || (!this.owed && deaf.length === 0)) {
      this.patience = PATIENCE;
      return;
    }
    this.asking = setTimeout(() => {
      this.patience = Math.min(this.patience * 2, LONGEST_PATIENCE);
      if (deaf.length) this.send({ t: "sub", topics: deaf.filter((topic) => this.topics.has(topic)) });
      if (this.owed) this.resync();
      else this.insist();
    }, this.patience);
  }

  private connect(): void {
    if (this.stopped) return;
    if (this.failures >= SOCKET_TRIES && this.failures % 8 !== 0) {
      void this.pollLoop();
      return;
    }
    let socket: SocketLike;
    try {
      socket = this.o.socket();
    } catch {
      this.broken();
      return;
    }
    this.socket = socket;
    this.listen();
    socket.onmessage = (event) => this.receive(JSON.parse(event.data) as Frame[] | Frame);
    socket.onclose = () => {
      if (this.socket === socket) this.broken();
    };
  }

  private receive(raw: Frame[] | Frame): void {
    this.listen();
    for (const frame of Array.isArray(raw) ? raw : [raw]) this.take(frame);
  }

  private take(frame: Frame): void {
    if ("now" in frame) this.o.onNow(frame.now);
    if (frame.t === "ready") this.onReady(frame);
    else if (frame.t === "beat") {
      if (!this.ready) this.broken();  // the session's beginning was lost
      else if (frame.n > this.last) this.caughtUp(frame.n);
    } else if (frame.t === "sync") {
      this.last = Math.max(this.last, frame.n);
      this.owed = false;
      this.insist();
      this.o.onSync(frame);
    } else if (frame.t === "subscribed" || frame.t === "denied") {
      for (const topic of frame.t === "denied" ? [frame.topic] : frame.topics) this.heard.add(topic);
      this.insist();
      if (frame.t === "subscribed") this.o.onSubscribed(frame);
    } else if ("n" in frame) this.numbered(frame);
    else this.o.onEphemeral(frame);
  }

  private numbered(event: LiveEvent): void {
    if (event.n <= this.last) return;
    if (event.n > this.last + 1) this.caughtUp(event.n);
    this.last = event.n;
    if (event.t === "event") this.o.onEvent(event);
  }

  private caughtUp(n: number): void {
    this.last = n;
    this.resync();
  }

  private onReady(frame: LiveReady): void {
    this.session = frame.session;
    this.last = frame.n;
    this.ready = true;
    this.failures = 0;
    this.heard.clear();
    const topics = [...this.topics.keys()];
    if (topics.length) this.send({ t: "sub", topics });
    if (this.viewing) this.send({ t: "view", contact: this.viewing });
    this.resync();
    this.say("live");
  }

  private send(frame: Said): void {
    if (!this.ready) return;
    if (this.socket) this.socket.send(JSON.stringify([frame]));
    else {
      const polling = this.polling;
      // Only the poll it was said in: one begun since does not suffer for an old failure.
      void this.o.tell(this.session, [frame]).catch(() => {
        if (polling && this.polling === polling) this.broken();
      });
    }
  }

  private listen(patience = SILENT): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.broken(), patience);
  }

  private drop(): void {
    const socket = this.socket;
    clearTimeout(this.asking);
    this.socket = null;
    this.ready = false;
    if (socket) {
      socket.onclose = null;
      socket.onmessage = null;
      socket.close();
    }
  }

  private broken(): void {
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    this.polling?.abort();
    this.polling = null;
    this.drop();
    if (this.stopped) return;
    this.failures += 1;
    this.say("reconnecting");
    const random = this.o.random ?? Math.random;
    // A restart takes seconds: meanwhile ask often. What lasts longer is asked for patiently, but
    // well within the 15 s after its return in which the house keeps the operator ready.
    const slowest = Date.now() - this.state.since < OFFLINE_AFTER ? 2000 : 8000;
    const ceiling = Math.min(slowest, 400 * 2 ** Math.min(this.failures - 1, 6));
    this.retry = setTimeout(() => this.connect(), ceiling * (0.5 + random() / 2));
  }

  private async pollLoop(): Promise<void> {
    const control = new AbortController();
    this.polling = control;
    this.listen(POLL_SILENT);
    try {
      let frames = await this.o.poll("", 0, control.signal);
      while (!this.stopped && !control.signal.aborted) {
        this.state = { ...this.state, via: "poll" };
        this.receive(frames);
        this.listen(POLL_SILENT);
        if (!this.session) throw new Error("no session");
        frames = await this.o.poll(this.session, this.last, control.signal);
      }
    } catch {
      if (this.polling === control && !control.signal.aborted) this.broken();
    }
  }

  private say(phase: Phase): void {
    clearTimeout(this.worse);
    const before = this.state;
    const via = this.socket ? "socket" : before.via;
    if (phase === "live") {
      this.state = { phase, since: Date.now(), via };
    } else {
      const since = before.phase === "live" ? Date.now() : before.since;
      const left = since + OFFLINE_AFTER - Date.now();
      const long = left <= 0 || globalThis.navigator?.onLine === false;
      if (!long) this.worse = setTimeout(() => this.say("reconnecting"), left + 1);
      this.state = { phase: long ? "offline" : "reconnecting", since, via };
    }
    this.o.onState(this.state);
  }
}
