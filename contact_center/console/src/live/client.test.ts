import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Frame, LiveEvent, Said } from "../api/types";
import { LiveClient, type SocketLike } from "./client";

class FakeSocket implements SocketLike {
  sent: Said[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  send(data: string): void {
    this.sent.push(...(JSON.parse(data) as Said[]));
  }
  close(): void {
    this.closed = true;
  }
  say(...frames: Frame[]): void {
    this.onmessage?.({ data: JSON.stringify(frames) });
  }
}

function house(tell: () => Promise<void> = () => Promise.resolve(), away = { poll: false }) {
  const sockets: FakeSocket[] = [];
  const events: LiveEvent[] = [];
  const heard: string[] = [];
  const polls: number[] = [];
  const answers: Frame[][] = [];
  const client = new LiveClient({
    socket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    poll: (_session, after) => {
      polls.push(after);
      if (away.poll) return Promise.reject(new Error("503"));
      const answer = answers.shift();
      return answer ? Promise.resolve(answer) : new Promise(() => {});
    },
    tell,
    known: () => ({ c1: 7 }),
    onEvent: (event) => events.push(event),
    onSync: () => {},
    onSubscribed: (frame) => heard.push(...frame.topics),
    onEphemeral: () => {},
    onNow: () => {},
    onState: () => {},
    random: () => 1,
  });
  return { client, sockets, events, heard, polls, answers };
}

/** As many failures as it takes until polls are tried. */
async function block(sockets: FakeSocket[]): Promise<void> {
  for (let failure = 0; failure < 3; failure += 1) {
    sockets.at(-1)?.onclose?.();
    await vi.advanceTimersByTimeAsync(5000);
  }
}

const NOW = "2026-01-05T09:00:00Z";
const ready = (session: string, n: number): Frame => ({ t: "ready", session, n, now: NOW });
const event = (n: number): Frame => ({ t: "event", n, topic: "me", kind: "x", id: "c1", version: n, data: {} });
const kinds = (socket: FakeSocket) => socket.sent.map((frame) => frame.t);

describe("the live client", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("subscribes and resyncs when the session is ready", () => {
    const { client, sockets } = house();
    client.subscribe("me");
    client.start();
    sockets[0]?.say(ready("s", 0));
    expect(kinds(sockets[0] as FakeSocket)).toEqual(["sub", "resync"]);
    expect(client.state.phase).toBe("live");
  });

  it("asks for what it missed when a number is left out, and drops repeats", () => {
    const { client, sockets, events } = house();
    client.start();
    const socket = sockets[0] as FakeSocket;
    socket.say(ready("s", 0));
    socket.say(event(1), event(3), event(3));
    expect(kinds(socket)).toEqual(["resync", "resync"]);
    expect(events.map((one) => one.n)).toEqual([1, 3]);
  });

  it("resyncs when the beat is ahead", () => {
    const { client, sockets } = house();
    client.start();
    const socket = sockets[0] as FakeSocket;
    socket.say(ready("s", 0), { t: "beat", n: 2, now: NOW });
    expect(kinds(socket)).toEqual(["resync", "resync"]);
  });

  it("ends a silent connection and comes back with all topics", () => {
    const { client, sockets } = house();
    client.subscribe("me");
    client.start();
    sockets[0]?.say(ready("s", 5));
    vi.advanceTimersByTime(13_000);
    expect(client.state.phase).toBe("reconnecting");
    expect(sockets[0]?.closed).toBe(true);
    vi.advanceTimersByTime(20_000);
    sockets.at(-1)?.say(ready("s2", 0));
    expect(kinds(sockets.at(-1) as FakeSocket)).toEqual(["sub", "resync"]);
    expect(client.state.phase).toBe("live");
  });

  it("says offline after half a minute without success", () => {
    const { client, sockets } = house();
    client.start();
    sockets[0]?.say(ready("s", 0));
    sockets[0]?.onclose?.();
    for (let at = 0; at < 45; at += 1) {
      vi.advanceTimersByTime(1000);
      sockets.at(-1)?.onclose?.();
    }
    expect(client.state.phase).toBe("offline");
  });

  it("asks, however long the house has been away, well within the grace it gives after its return", async () => {
    const { client, sockets, polls } = house(undefined, { poll: true });
    client.start();
    sockets[0]?.say(ready("s", 0));
    for (let at = 0; at < 300; at += 1) {
      sockets.at(-1)?.onclose?.();
      await vi.advanceTimersByTimeAsync(1000);
    }
    for (let at = 0; at < 5; at += 1) {
      const tries = sockets.length + polls.length;
      for (let second = 0; second < 10; second += 1) {
        sockets.at(-1)?.onclose?.();
        await vi.advanceTimersByTimeAsync(1000);
      }
      expect(sockets.length + polls.length).toBeGreaterThan(tries);
    }
  });

  it("asks for a sync again until it comes", async () => {
    const { client, sockets } = house();
    client.start();
    const socket = sockets[0] as FakeSocket;
    socket.say(ready("s", 0), { t: "beat", n: 2, now: NOW });
    await vi.advanceTimersByTimeAsync(2000);
    expect(kinds(socket)).toEqual(["resync", "resync", "resync"]);
    socket.say({ t: "sync", n: 2, contacts: [], gone: [], offers: [] } as unknown as Frame, { t: "beat", n: 2, now: NOW });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(kinds(socket).length).toBe(3);
  });

  it("subscribes again until it is confirmed", async () => {
    const { heard, client, sockets } = house();
    client.start();
    const socket = sockets[0] as FakeSocket;
    socket.say(ready("s", 0), { t: "sync", n: 0, contacts: [], gone: [], offers: [] } as unknown as Frame);
    client.subscribe("contact:c1");
    client.subscribe("contact:c2");
    socket.say({ t: "subscribed", topics: ["contact:c1"], contacts: [] } as Frame);
    expect(heard).toEqual(["contact:c1"]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(socket.sent.at(-1)).toEqual({ t: "sub", topics: ["contact:c2"] });
    socket.say({ t: "denied", topic: "contact:c2" });
    const said = socket.sent.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(socket.sent.length).toBe(said);
  });

  it("gives up a session whose beginning was lost", () => {
    const { client, sockets } = house();
    client.start();
    sockets[0]?.say({ t: "beat", n: 2, now: NOW });
    expect(sockets[0]?.closed).toBe(true);
  });

  it("polls when sockets are blocked", async () => {
    const { client, sockets, events, answers, polls } = house();
    answers.push([ready("p", 0)], [event(1)]);
    client.start();
    await block(sockets);
    expect(client.state).toMatchObject({ phase: "live", via: "poll" });
    expect(events.map((one) => one.n)).toEqual([1]);
    expect(polls).toEqual([0, 0, 1]);
    client.stop();
  });

  it("says that it is reconnecting as soon as what it says in a poll is not taken", async () => {
    const tell = vi.fn(() => Promise.resolve());
    const { client, sockets, answers, polls } = house(tell);
    answers.push([ready("p", 0)]);
    client.start();
    await block(sockets);
    expect(client.state).toMatchObject({ phase: "live", via: "poll" });
    tell.mockImplementationOnce(() => Promise.reject(new Error("503")));
    client.typing("c1", "reply");
    await vi.advanceTimersByTimeAsync(1);
    expect(client.state.phase).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(2000);
    expect(sockets.length).toBeGreaterThan(3);
    answers.push([ready("p2", 0)]);
    await block(sockets);
    expect(client.state).toMatchObject({ phase: "live", via: "poll" });
    expect(polls).toEqual([0, 0, 0, 0]);
    client.stop();
  });

  it("unsubscribes only when the last holder lets go", () => {
    const { client, sockets } = house();
    client.start();
    const socket = sockets[0] as FakeSocket;
    socket.say(ready("s", 0));
    const first = client.subscribe("contact:1");
    const second = client.subscribe("contact:1");
    first();
    first();
    expect(kinds(socket)).toEqual(["resync", "sub"]);
    second();
    expect(kinds(socket)).toEqual(["resync", "sub", "unsub"]);
  });
});
