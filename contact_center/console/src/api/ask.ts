/** How the route table reads as types: what may be asked where, with what, and what comes back. */
import type { Routes } from "./generated";

export type Method = keyof Routes;
export type Path<M extends Method> = keyof Routes[M] & string;
type Part<M extends Method, P extends Path<M>, N extends string> = Routes[M][P] extends Record<N, infer T> ? T : never;

export type Answer<M extends Method, P extends Path<M>> = Part<M, P, "answer">;
export type Body<M extends Method, P extends Path<M>> = Part<M, P, "body">;

export interface Options {
  /** Goes into If-Match. */
  version?: number;
  signal?: AbortSignal;
  keepalive?: boolean;
}

type Given<M extends Method, P extends Path<M>> = Omit<Routes[M][P], "answer">;
/** The second argument of a call: path variables, query and body where the route takes them. */
export type Ask<M extends Method, P extends Path<M>> = Given<M, P> & Options;
/** It may be left out where nothing in it is needed. */
export type Rest<M extends Method, P extends Path<M>> =
  Record<never, never> extends Given<M, P> ? [ask?: Ask<M, P>] : [ask: Ask<M, P>];

/** The routes that take no path variables. */
export type Plain<M extends Method> = { [P in Path<M>]: Routes[M][P] extends { path: unknown } ? never : P }[Path<M>];
export interface Paged<T> {
  items: T[];
  next: string | null;
}

/** Lists: plain GETs that answer a page of records. */
export type ListPath = { [P in Plain<"GET">]: Answer<"GET", P> extends Paged<{ id: string }> ? P : never }[Plain<"GET">];
export type Item<P extends ListPath> = Answer<"GET", P> extends Paged<infer T extends { id: string }> ? T : never;
export type ListQuery<P extends ListPath> = Routes["GET"][P] extends { query?: infer Q extends object } ? Q : Record<never, never>;

/** Records that can be changed by their id, by the path of their list; and of these, what can be archived. */
export type ChangePath = { [P in Path<"PATCH">]: P extends `${infer L}/{id}` ? L : never }[Path<"PATCH">];
export type Change<P extends ChangePath> = Body<"PATCH", `${P}/{id}`>;
export type ArchivePath = { [P in ChangePath]: "archived" extends keyof Change<P> ? P : never }[ChangePath];

/** `/accounts/{id}/check` and its like: acts that need no body. */
export type ActPath = { [P in Path<"POST">]: Routes["POST"][P] extends { path: { id: string }; body?: undefined } ? P : never }[Path<"POST">];
