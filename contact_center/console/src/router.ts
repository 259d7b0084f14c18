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

function read(): Place {
  const { pathname, search } = globalThis.location ?? { pathname: "/", search: "" };
  const parts = pathname.split("/").filter(Boolean).map(decodeURIComponent);
  return { path: pathname, parts, query: new URLSearchParams(search) };
}

function changed(): void {
  place = read();
  for (const listener of listeners) listener();
}

globalThis.addEventListener?.("popstate", changed);

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (to === location.pathname + location.search) return;
  if (guard && !guard()) return;
  if (options.replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  changed();
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
