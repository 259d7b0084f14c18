/** What lasts seconds: who is typing, who is looking. Nothing here is stored anywhere. */
import { useSyncExternalStore } from "react";
import type { Frame, LiveTyping, LiveViewers } from "../api/types";

export type Typing = LiveTyping["who"] & { kind: LiveTyping["kind"]; until: number };
type Viewer = LiveViewers["employees"][number];

const TYPING_MS = 6000;
const NOBODY: readonly Typing[] = [];
const NO_ONE: readonly Viewer[] = [];

const typing = new Map<string, readonly Typing[]>();
const viewers = new Map<string, readonly Viewer[]>();
const listeners = new Set<() => void>();
let sweep: ReturnType<typeof setTimeout> | undefined;

function say(): void {
  for (const listener of listeners) listener();
}

function sweepLater(): void {
  clearTimeout(sweep);
  if (!typing.size) return;
  sweep = setTimeout(() => {
    const now = Date.now();
    for (const [contact, people] of typing) {
      const left = people.filter((one) => one.until > now);
      if (left.length) typing.set(contact, left);
      else typing.delete(contact);
    }
    say();
    sweepLater();
  }, 1000);
}

export function noteEphemeral(frame: Frame): void {
  if (frame.t === "viewers") viewers.set(frame.contact, frame.employees);
  else if (frame.t === "typing") {
    const { contact, who, kind } = frame;
    const others = (typing.get(contact) ?? []).filter((one) => one.id !== who.id || one.type !== who.type);
    const seen = { ...who, kind, until: Date.now() + TYPING_MS };
    typing.set(contact, [...others, seen]);
    sweepLater();
  } else return;
  say();
}

/** A message has come from them: they are not typing any more. */
export function stoppedTyping(contact: string, type: "client" | "employee"): void {
  const people = typing.get(contact);
  if (!people) return;
  typing.set(contact, people.filter((one) => one.type !== type));
  say();
}

function watch(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTyping(contact: string | null): readonly Typing[] {
  return useSyncExternalStore(watch, () => (contact ? typing.get(contact) : undefined) ?? NOBODY);
}

export function useViewers(contact: string | null): readonly Viewer[] {
  return useSyncExternalStore(watch, () => (contact ? viewers.get(contact) : undefined) ?? NO_ONE);
}
