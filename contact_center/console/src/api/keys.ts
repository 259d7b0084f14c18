import type { Sort, View } from "./types";

export interface ListFilter {
  view: View;
  queue: string | null;
  q: string;
  sort: Sort;
}

/** The names of everything kept in the query cache. */
export const keys = {
  authState: ["auth-state"] as const,
  me: ["me"] as const,
  directory: ["directory"] as const,
  counts: ["counts"] as const,
  waits: ["waits"] as const,
  offers: ["offers"] as const,
  wrapUps: ["wrap-ups"] as const,
  lists: ["contacts"] as const,
  list: (filter: ListFilter) => ["contacts", filter] as const,
  contact: (id: string) => ["contact", id] as const,
  letter: (id: string, seq: number) => ["letter", id, seq] as const,
  letterBody: (id: string) => ["letter-body", id] as const,
  messages: (id: string) => ["messages", id] as const,
  client: (id: string) => ["client", id] as const,
  clientContacts: (id: string) => ["client-contacts", id] as const,
  clients: (q: string) => ["clients", q] as const,
  search: (q: string) => ["search", q] as const,
};
