/** What lasts seconds: who is typing, who is looking. Nothing here is stored anywhere. */
import { useSyncExternalStore } from "react";
import type { Frame } from "./client";

export interface Typing {
  type: "client" | "employee";
  id: string | null;
  name: string;
  kind: "reply" | "note" | string;
  until: number;
}

const TYPING_MS = 6000;
const NOBODY: readonly Typing[] = [];
const NO_ONE: readonly { id: string; name: string }[] = [];

const typing = new Map<string, readonly Typing[]>();
const viewers = new Map<string, readonly { id: string; name: string }[]>();
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
  const contact = String(frame.contact ?? "");
  if (frame.t === "viewers") {
    viewers.set(contact, (frame.employees as { id: string; name: string }[]) ?? []);
  } else if (frame.t === "typing") {
    const who = frame.who as { type: "client" | "employee"; id: string | null; name: string };
    const others = (typing.get(contact) ?? []).filter((one) => one.id !== who.id || one.type !== who.type);
    const seen = { ...who, kind: String(frame.kind ?? "reply"), until: Date.now() + TYPING_MS };
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

export function useViewers(contact: string | null): readonly { id: string; name: string }[] {
  return useSyncExternalStore(watch, () => (contact ? viewers.get(contact) : undefined) ?? NO_ONE);
}
