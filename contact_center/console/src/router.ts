/** Addresses of the console over the browser's history: a path, a query, and nothing else. */
import { useSyncExternalStore } from "react";

export interface Place {
  path: string;
  parts: string[];
  query: URLSearchParams;
}

const listeners = new Set<() => void>();
let guard: (() => boolean) | null = null;
let place = read();
let entry = entryNow();

/** What an entry of the history remembers: how far it is from the first, and where it was come from. */
interface Entry {
  at: number;
  from?: string;
}

function entryNow(): Entry {
  return (globalThis.history?.state as Entry | null) ?? { at: 0 };
}

/** A part as it was meant; what is no escape stands for itself, and leads to nothing that is there. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function read(): Place {
  const { pathname, search } = globalThis.location ?? { pathname: "/", search: "" };
  const parts = pathname.split("/").filter(Boolean).map(decoded);
  return { path: pathname, parts, query: new URLSearchParams(search) };
}

const address = () => location.pathname + location.search;
/** Asked for, and not come yet: the browser takes its time. */
let goingBack = false;
let shown = globalThis.location ? address() : "/";

function changed(): void {
  place = read();
  shown = address();
  entry = entryNow();
  for (const listener of listeners) listener();
}

/** The browser's own "back" and "forward" have gone when they are told: who is to stay is taken back. */
function popped(): void {
  goingBack = false;
  if (address() === shown || !guard || guard()) changed();
  else if (entry.at !== entryNow().at) history.go(entry.at - entryNow().at);
  else history.pushState(entry, "", shown);
}

globalThis.addEventListener?.("popstate", popped);

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (to === address()) return;
  if (guard && !guard()) return;
  if (options.replace) history.replaceState(entry, "", to);
  else history.pushState({ at: entry.at + 1, from: address() } satisfies Entry, "", to);
  changed();
}

/** To the place above this one: back where it was come from there, so that the browser's "back" does not return. */
export function goUp(to: string): void {
  if (goingBack) return; // pressed twice
  if (entry.from === to) {
    goingBack = true;
    history.back();
  }   else navigate(to, { replace: true });
}

/** A form with unsaved changes asks before the place changes; returns how to lift the guard. */
export function guardNavigation(allowed: () => boolean): () => void {
  guard = allowed;
  return () => {
    if (guard === allowed) guard = null;
  };
}

function watch(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePlace(): Place {
  return useSyncExternalStore(watch, () => place);
}

/** For anchors: an ordinary click stays in the page, a modified one does what the browser does. */
export function linkTo(to: string, after?: () => void) {
  return {
    href: to,
    onClick: (event: React.MouseEvent) => {
      if (event.defaultPrevented || event.button !== 0) return;
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      navigate(to);
      after?.();
    },
  };
}
