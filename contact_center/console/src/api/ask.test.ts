/** What the compiler has to refuse: each mark below is an error that must be there, or `tsc` fails. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { del, get, patch, post, put } from "./http";

/** Never run: written for the compiler. */
export const refused = [
  // @ts-expect-error there is no such path
  () => get("/contact/{id}", { path: { id: "1" } }),
  // @ts-expect-error nor by this method
  () => put("/contacts/{id}/close", { path: { id: "1" }, body: {} }),
  // @ts-expect-error the id is missing
  () => get("/contacts/{id}"),
  // @ts-expect-error it is called id
  () => get("/contacts/{id}", { path: { contact: "1" } }),
  // @ts-expect-error no such view
  () => get("/contacts", { query: { view: "mines" } }),
  // @ts-expect-error no such parameter
  () => get("/contacts", { query: { queue: "1" } }),
  // @ts-expect-error a list takes no body
  () => get("/contacts", { body: {} }),
  // @ts-expect-error the body is missing
  () => post("/contacts/{id}/close", { path: { id: "1" } }),
  // @ts-expect-error an unknown key in it
  () => post("/contacts/{id}/close", { path: { id: "1" }, body: { nota: "" } }),
  // @ts-expect-error a value of the wrong type
  () => patch("/queues/{id}", { path: { id: "1" }, body: { offer_seconds: "45" } }),
  // @ts-expect-error the answer may be nothing
  async () => (await post("/contacts/{id}/transfer", { path: { id: "1" }, body: { to: "queue", id: "2" } })).id,
  // @ts-expect-error an answer has no such field
  async () => (await get("/me")).name,
];

describe("a call", () => {
  afterEach(() => void vi.unstubAllGlobals());

  const asked = async (call: () => Promise<unknown>, answer = new Response(null, { status: 204 })) => {
    const fetched = vi.fn((_place: string, _given: RequestInit) => Promise.resolve(answer));
    vi.stubGlobal("fetch", fetched);
    const told = await call();
    const [place, given] = fetched.mock.calls[0] ?? [];
    return { place, given, told };
  };

  it("fills its path in, each part escaped, and leaves empty parameters out", async () => {
    const { place } = await asked(() => get("/contacts/{id}/messages", { path: { id: "a/b?c" }, query: { limit: 5, after: null } }));
    expect(place).toBe("/api/v1/contacts/a%2Fb%3Fc/messages?limit=5");
  });

  it("carries the body and the version", async () => {
    const { given } = await asked(() => patch("/contacts/{id}", { path: { id: "1" }, body: { subject: "x" }, version: 7 }));
    expect(given).toMatchObject({ method: "PATCH", body: '{"subject":"x"}', headers: { "If-Match": '"7"' } });
  });

  it("sends no body where the route takes none, and tells nothing of a 204", async () => {
    const { given, told } = await asked(() => del("/tokens/{id}", { path: { id: "1" } }));
    expect([given?.body, told]).toEqual([undefined, undefined]);
  });

  it("tells the answer", async () => {
    const { told } = await asked(() => get("/contacts/counts"), Response.json({ mine: 3 }));
    expect(told).toEqual({ mine: 3 });
  });
});
