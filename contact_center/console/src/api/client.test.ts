import { afterEach, describe, expect, it, vi } from "vitest";
import { forgetFetched, noteContact, noteDraft, queries } from "./client";
import { get } from "./http";
import { keys } from "./keys";
import type { Contact, Draft } from "./types";

const draft = (text: string): Draft => ({ text, attachments: [], letter: null, buttons: [], reply_to: null, changed_at: null });
const contact = (text: string) => ({ id: "c1", version: 1, drafts: { reply: draft(text), note: null } });

/** Ask for the contact; `answer` ends it. */
function ask(text: string): { answer: () => Promise<unknown> } {
  let answered: (answer: Response) => void = () => {};
  vi.stubGlobal("fetch", () => new Promise<Response>((done) => (answered = done)));
  const asked = get("/contacts/{id}", { path: { id: "c1" } });
  const end = answered;
  return { answer: () => (end(Response.json(contact(text))), asked.then(noteContact)) };
}

const held = () => queries.getQueryData<Contact>(keys.contact("c1"))?.drafts.reply?.text;

describe("what is held of a contact", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("knows the draft that was saved last, whatever was asked for before", async () => {
    vi.useFakeTimers();
    const [first, slow] = [ask(""), ask("")];
    await first.answer();
    vi.advanceTimersByTime(5);
    noteDraft("c1", "reply", draft("words that matter"));
    expect(held()).toBe("words that matter");
    vi.advanceTimersByTime(5);
    const later = ask("from my phone");
    await slow.answer();
    expect(held()).toBe("words that matter");
    await later.answer();
    expect(held()).toBe("from my phone");
  });

  it("is nobody's who comes next, but for who he is", () => {
    queries.setQueryData(keys.contact("c1"), contact("mine"));
    queries.setQueryData(keys.me, { id: "me" });
    forgetFetched();
    expect([held(), queries.getQueryData(keys.me)]).toEqual([undefined, { id: "me" }]);
  });
});
