/** The records of one administration list: GET all, POST new, PATCH one with its version. */
import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/client";
import { get, patch, post } from "../../api/http";
import { keys } from "../../api/keys";
import type { Page } from "../../api/types";

export interface Recorded {
  id: string;
  version?: number;
}

/** Lists come as a page or as a bare array; the administration's lists are short, so whole. */
async function whole<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const answer: Page<T> | T[] = await get<Page<T> | T[]>(path, cursor ? { cursor } : undefined);
    if (Array.isArray(answer)) return answer;
    items.push(...answer.items);
    cursor = answer.next;
  } while (cursor);
  return items;
}

export function useRecords<T extends Recorded>(path: string) {
  return useQuery({ queryKey: ["admin", path], queryFn: () => whole<T>(path) });
}

async function renew(): Promise<void> {
  await queries.invalidateQueries({ queryKey: ["admin"] });
  await queries.invalidateQueries({ queryKey: keys.directory });
}

export async function createRecord<A = unknown>(path: string, body: unknown): Promise<A> {
  const answer = await post<A>(path, body);
  await renew();
  return answer;
}

export async function changeRecord<A = unknown>(path: string, record: Recorded, body: unknown): Promise<A> {
  const answer = await patch<A>(`${path}/${record.id}`, body, record.version);
  await renew();
  return answer;
}

/** POST /<path>/<id>/<act>, e.g. a reset link or a replay. */
export async function actOnRecord<A = unknown>(path: string, id: string, act: string, body: unknown = {}): Promise<A> {
  const answer = await post<A>(`${path}/${id}/${act}`, body);
  await renew();
  return answer;
}
