/** The one live connection of the page. */
import { queries } from "../api/client";
import { get, post } from "../api/http";
import { useEffect } from "react";
import { noteServerNow } from "../ui/now";
import { Store, useStore } from "../ui/store";
import { applyEvent, applySubscribed, applySync, knownVersions } from "./apply";
import { LiveClient, type LiveState } from "./client";
import { noteEphemeral } from "./ephemera";

export const liveState = new Store<LiveState>({ phase: "connecting", since: Date.now(), via: "socket" });
let mine = "";

function socket(): WebSocket {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return new WebSocket(`${scheme}://${location.host}/api/v1/live`);
}

export const live = new LiveClient({
  socket: socket as () => never,
  poll: (session, after, signal) =>
    get("/live/poll", { query: { session, after: session ? after : undefined, wait: session ? 25 : 0 }, signal }),
  tell: (session, said) => post("/live/poll/{session}", { path: { session }, body: said }),
  known: knownVersions,
  onEvent: (event) => applyEvent(event, mine),
  onSync: applySync,
  onSubscribed: applySubscribed,
  onEphemeral: noteEphemeral,
  onNow: noteServerNow,
  onState: (state) => {
    liveState.set(state);
    // What failed while the house was away is asked for again as soon as it answers.
    if (state.phase === "live") {
      void queries.refetchQueries({ predicate: (query) => query.state.status === "error" });
    }
  },
});

export function startLive(employee: string): () => void {
  mine = employee;
  live.start();
  const online = () => live.now();
  const offline = () => live.lost();
  addEventListener("online", online);
  addEventListener("offline", offline);
  return () => {
    removeEventListener("online", online);
    removeEventListener("offline", offline);
    live.stop();
  };
}

export function useLiveState(): LiveState {
  return useStore(liveState);
}

/** Hold subscriptions while the component is mounted. Give a stable or joined list of topics. */
export function useTopics(topics: string): void {
  useEffect(() => {
    const releases = topics.split(" ").filter(Boolean).map((topic) => live.subscribe(topic));
    return () => {
      for (const release of releases) release();
    };
  }, [topics]);
}
