/** The records of one administration list: GET all, POST new, PATCH one with its version. The table
 *  of routes says which lists there are and what each takes. */
import { useQuery } from "@tanstack/react-query";
import type { ActPath, Answer, Body, Change, ChangePath, Item, ListPath, ListQuery, Paged, Plain } from "../../api/ask";
import { queries } from "../../api/client";
import { call } from "../../api/http";
import { keys } from "../../api/keys";

export interface Recorded {
  id: string;
  version?: number;
}

/** The administration's lists are short, so they are read whole. */
async function whole<P extends ListPath>(path: P, query: ListQuery<P> | undefined): Promise<Item<P>[]> {
  const items: Item<P>[] = [];
  let cursor: string | null = null;
  do {
    const page = (await call("GET", path, { query: { ...query, cursor } })) as Paged<Item<P>>;
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items;
}

export function useRecords<P extends ListPath>(path: P, query?: ListQuery<P>) {
  return useQuery({ queryKey: ["admin", path, query ?? {}], queryFn: () => whole(path, query) });
}

async function renewed<A>(answer: Promise<A>): Promise<A> {
  const told = await answer;
  await queries.invalidateQueries({ queryKey: ["admin"] });
  await queries.invalidateQueries({ queryKey: keys.directory });
  return told;
}

export function createRecord<P extends Plain<"POST">>(path: P, body: Body<"POST", P>): Promise<Answer<"POST", P>> {
  return renewed(call("POST", path, { body }) as Promise<Answer<"POST", P>>);
}

export function changeRecord<P extends ChangePath>(path: P, { id, version }: Recorded, body: Change<P>): Promise<Answer<"PATCH", `${P}/{id}`>> {
  return renewed(call("PATCH", `${path}/{id}`, { path: { id }, body, version }) as Promise<Answer<"PATCH", `${P}/{id}`>>);
}

/** POST without a body, e.g. a check or a replay. */
export function actOnRecord<P extends ActPath>(path: P, id: string): Promise<Answer<"POST", P>> {
  return renewed(call("POST", path, { path: { id } }) as Promise<Answer<"POST", P>>);
}
