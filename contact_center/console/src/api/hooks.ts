/** The reads of the console as hooks. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState } from "react";
import type { Answer } from "./ask";
import { heldRow, noteContact } from "./client";
import { get } from "./http";
import { keys, type ListFilter } from "./keys";
import type { Contact, ContactRow, Directory, Me, Permission, Settings } from "./types";

export const useAuthState = () =>
  useQuery({ queryKey: keys.authState, queryFn: () => get("/auth/state"), staleTime: 60_000 });

export const MeContext = createContext<Me | null>(null);

/** Who is signed in; inside the shell there is always somebody. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("nobody is signed in");
  return me;
}

export function useMay(permission: Permission): boolean {
  return useMe().permissions.includes(permission);
}

/** How the one signed in likes the console; what the service keeps so is the console's own. */
export function preferencesOf(me: Me): Settings {
  return me.employee.settings as Settings;
}

export function useDirectory() {
  return useQuery({ queryKey: keys.directory, queryFn: () => get("/directory"), staleTime: 60_000 });
}

/** The directory by id, for wording. */
function namesOf(data: Directory | undefined) {
  return {
    employees: new Map(data?.employees.map((one) => [one.id, one])),
    queues: new Map(data?.queues.map((one) => [one.id, one])),
    kinds: new Map(data?.kinds.map((one) => [one.id, one])),
    codes: new Map(data?.result_codes.map((one) => [one.id, one])),
    breaks: new Map(data?.break_reasons.map((one) => [one.code, one])),
  };
}

type Names = ReturnType<typeof namesOf>;
const NamesContext = createContext<Names>(namesOf(undefined));
/** Made once for the whole shell: hundreds of rows and messages look names up. */
export const NamesProvider = NamesContext.Provider;

export function useMadeNames(): Names {
  const { data } = useDirectory();
  return useMemo(() => namesOf(data), [data]);
}

export function useNames(): Names {
  return useContext(NamesContext);
}

export const useCounts = () =>
  useQuery({ queryKey: keys.counts, queryFn: () => get("/contacts/counts"), refetchInterval: 60_000 });

/** What is told of waits: by contact, and by queue that of the last one in it. */
function waitsOf({ items }: Answer<"GET", "/waits">) {
  return { contacts: new Map(items.map((one) => [one.contact_id, one])), queues: new Map(items.map((one) => [one.queue_id, one])) };
}

const NONE: readonly ContactRow[] = [];

/** How long the waiting will probably wait; no event tells of it, and it changes by itself. */
export const useWaits = () =>
  useQuery({ queryKey: keys.waits, queryFn: () => get("/waits"), refetchInterval: 10_000, select: waitsOf, enabled: useMay("work") }).data;

export function useContacts(filter: ListFilter) {
  return useInfiniteQuery({
    queryKey: keys.list(filter),
    queryFn: ({ pageParam, signal }) =>
      get("/contacts", {
        query: { view: filter.view, queue_id: filter.queue, q: filter.q, sort: filter.sort, limit: 50, cursor: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: (held, before) => {
      const was = before?.queryKey[1] as ListFilter | undefined;
      // While typing a search the old rows stay; another view must not show a wrong list.
      return was?.view === filter.view && was.queue === filter.queue ? held : undefined;
    },
  });
}

export function useContact(id: string | null) {
  return useQuery({
    queryKey: keys.contact(id ?? ""),
    queryFn: async ({ signal }) => noteContact(await get("/contacts/{id}", { path: { id: id ?? "" }, signal })),
    enabled: Boolean(id),
    staleTime: 0,
  });
}

/** The contact, or as much of it as a list already holds. */
export function useContactOrRow(id: string | null): { contact: Contact | undefined; row: ContactRow | undefined } {
  const { data } = useContact(id);
  return { contact: data, row: data ?? (id ? heldRow(id) : undefined) };
}

export function useMessages(id: string) {
  return useQuery({
    queryKey: keys.messages(id),
    queryFn: ({ signal }) => get("/contacts/{id}/messages", { path: { id }, query: { limit: 50 }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 3 * 60_000,
  });
}

export function useOffers() {
  const may = useMay("work");
  const { data } = useQuery({ queryKey: keys.offers, queryFn: () => get("/offers"), refetchInterval: 30_000, enabled: may });
  // Who may not work any more has none, whatever was fetched before.
  return { data: may ? data : undefined };
}

/** My contacts whose result is still owed: closed, so in no view of open ones. */
export function useWrapUps() {
  const may = useMay("work");
  const { data } = useQuery({
    queryKey: keys.wrapUps,
    queryFn: async () => (await get("/contacts", { query: { view: "wrap_up" } })).items,
    refetchInterval: 60_000,
    enabled: may,
  });
  return (may && data) || NONE;
}

export const useClient = (id: string | null) =>
  useQuery({ queryKey: keys.client(id ?? ""), queryFn: () => get("/clients/{id}", { path: { id: id ?? "" } }), enabled: Boolean(id) });

export const useClientContacts = (id: string | null) =>
  useInfiniteQuery({
    queryKey: keys.clientContacts(id ?? ""),
    queryFn: ({ pageParam }) =>
      get("/clients/{id}/contacts", { path: { id: id ?? "" }, query: { cursor: pageParam, limit: 20 } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    enabled: Boolean(id),
  });

export const useClients = (q: string) =>
  useInfiniteQuery({
    queryKey: keys.clients(q),
    queryFn: ({ pageParam, signal }) =>
      get("/clients", { query: { q, cursor: pageParam, limit: 50 }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: (held) => held,
  });

export const useSearch = (q: string) =>
  useQuery({
    queryKey: keys.search(q),
    queryFn: ({ signal }) => get("/search", { query: { q }, signal }),
    enabled: q.trim().length >= 2,
    placeholderData: (held) => held,
  });

/** The value once it has rested for `ms`. */
export function useRested<T>(value: T, ms: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}
