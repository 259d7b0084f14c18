/** Files on their way to the server, per contact and kind; what has arrived stands in the draft. */
import { useSyncExternalStore } from "react";
import { Problem, upload } from "../api/http";
import type { StoredFile } from "../api/generated";
import type { Attachment, DraftKind } from "../api/types";
import { drafts } from "./drafts";

export interface Upload {
  key: string;
  name: string;
  size: number;
  share: number;
  error: string | null;
  file: File;
  told: Stored | undefined;
  stop: AbortController;
}

/** Told of a file when it is at the server and in the draft. */
type Stored = (stored: Attachment, file: File) => void;

const NONE: readonly Upload[] = [];
const running = new Map<string, readonly Upload[]>();
const listeners = new Set<() => void>();
/** When files of this page were chosen: they stand in that order, however fast each of them was. */
const chosen = new Map<string, number>();
let last = 0;

function set(place: string, change: (held: readonly Upload[]) => readonly Upload[]): void {
  running.set(place, change(running.get(place) ?? NONE));
  for (const listener of listeners) listener();
}

function patch(place: string, key: string, change: Partial<Upload>): void {
  set(place, (held) => held.map((one) => (one.key === key ? { ...one, ...change } : one)));
}

/** A file at the server as the attachment it will be. */
export const attached = (file: StoredFile): Attachment => ({ ...file, inline: false, reason: null, progress: null, can_retry: false, about: null });

async function run(contact: string, kind: DraftKind, entry: Upload): Promise<void> {
  const place = `${contact}|${kind}`;
  patch(place, entry.key, { error: null, share: 0 });
  try {
    const attachment = attached(await upload(entry.file, (share) => patch(place, entry.key, { share }), entry.stop.signal));
    chosen.set(attachment.id, Number(entry.key));
    const when = (file: Attachment) => chosen.get(file.id) ?? 0;
    const files = [...drafts.read(contact, kind).attachments, attachment].sort((one, other) => when(one) - when(other));
    drafts.write(contact, kind, { attachments: files });
    cancelUpload(contact, kind, entry.key);
    entry.told?.(attachment, entry.file);
  } catch (error) {
    if (error instanceof DOMException) return;
    patch(place, entry.key, { error: error instanceof Problem ? error.code || String(error.status) : "network" });
  }
}

export function addFiles(contact: string, kind: DraftKind, files: Iterable<File>, told?: Stored): void {
  for (const file of files) {
    last += 1;
    const entry: Upload = { key: String(last), name: file.name, size: file.size, share: 0, error: null, file, told, stop: new AbortController() };
    set(`${contact}|${kind}`, (held) => [...held, entry]);
    void run(contact, kind, entry);
  }
}

export function retryUpload(contact: string, kind: DraftKind, entry: Upload): void {
  void run(contact, kind, entry);
}

export function cancelUpload(contact: string, kind: DraftKind, key: string): void {
  const place = `${contact}|${kind}`;
  running.get(place)?.find((one) => one.key === key)?.stop.abort();
  set(place, (held) => held.filter((one) => one.key !== key));
}

export function forgetUploads(): void {
  for (const entry of [...running.values()].flat()) entry.stop.abort();
  for (const place of running.keys()) set(place, () => NONE);
}

function watch(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useUploads(contact: string, kind: DraftKind): readonly Upload[] {
  return useSyncExternalStore(watch, () => running.get(`${contact}|${kind}`) ?? NONE);
}
