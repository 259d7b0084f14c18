import { describe, expect, it } from "vitest";
import type { Contact, LetterDraft, LetterStart, Message } from "../api/types";
import { historyOf, instantOf, isLong, type Mail, mailOf, partsOf, proofOf, standing } from "./mail";
import { forwardedDraft, passedOn } from "./passed";
import { othersOf, readRecipients, startOf, unprovenOf } from "./recipients";
import { sameLetter } from "./same";
import { bareSubject, subjectsOf } from "./subjects";

const message = (id: string, data: object): Message => ({ id, data, has_body: false }) as unknown as Message;
const mail = (given: Partial<Mail>): Mail => mailOf(message("m", { mail: given })) as Mail;
const box = (address: string, name = "") => ({ address, name });
const contact = {
  subject: "Счёт",
  client: { name: "Вера" },
  identity: { medium: "email", value: "vera@client.example", proof: "provider" },
  participants: [
    { value: "vera@client.example", verified: true },
    { value: "boss@client.example", verified: true },
    { value: "stranger@evil.example", verified: false },
  ],
} as unknown as Contact;

describe("subjects", () => {
  it("lose what answering and forwarding put before them", () => {
    expect(["Re: Fwd: Счёт", "RE[2]: Счёт", "Отв: Пересл: Счёт", "Счёт", "Reset"].map(bareSubject)).toEqual(["Счёт", "Счёт", "Счёт", "Счёт", "Reset"]);
  });
  it("stand at the first letter and where they change", () => {
    const thread = [message("1", { mail: {}, subject: "Счёт" }), message("2", { mail: {}, subject: "Re: счёт" }), message("3", {}), message("4", { letter: { subject: "Акт" } }), message("5", { mail: {}, subject: "Re: Акт" })];
    expect([...subjectsOf(thread)]).toEqual([["1", "Счёт"], ["4", "Акт"]]);
  });
});

describe("a letter that came", () => {
  it("is proven by DMARC, by an aligned check, not at all, or refuted", () => {
    expect(proofOf(mail({ aligned: true, verdict: { dmarc: "pass" } }))).toBe("dmarc");
    expect(proofOf(mail({ aligned: true, verdict: { dkim: "pass" } }))).toBe("aligned");
    expect(proofOf(mail({ aligned: false, verdict: { spf: "softfail" } }))).toBe("none");
    expect(proofOf(mail({}))).toBe("unjudged");
    expect(proofOf(mail({ aligned: true, verdict: { dmarc: "fail" } }))).toBe("forged");
    expect(proofOf(mail({ aligned: true, own: true, verdict: { dmarc: "pass" } }))).toBe("forged");
  });
  it("is of the owner, of a participant, or of somebody nobody vouches for", () => {
    const by = (address: string) => standing(mail({ from: box(address) }), contact);
    expect(["Vera@client.example", "boss@client.example", "stranger@evil.example", "new@evil.example"].map(by)).toEqual(["owner", "participant", "stranger", "stranger"]);
  });
  it("folds long quotes and leaves short ones among its words", () => {
    const parts = partsOf("Да\n\n> раз\n> два\n> три\n> четыре\n\nНет\n> кратко\nВсё");
    expect(parts).toEqual([
      { quoted: false, text: "Да" },
      { quoted: true, text: "> раз\n> два\n> три\n> четыре" },
      { quoted: false, text: "Нет\n> кратко\nВсё" },
    ]);
    expect([isLong("a".repeat(1900)), isLong("a\n".repeat(30)), isLong("a")]).toEqual([true, true, false]);
  });
});

describe("a letter of ours", () => {
  const passed = "---------- Пересылаемое письмо ----------";
  it("folds what it passes on, which the client's own words never are", () => {
    const text = `Смотрите\n\n${passed}\nОт кого: Вера\n\nСчёт`;
    expect(partsOf(text, true)).toEqual([
      { quoted: false, text: "Смотрите" },
      { quoted: true, text: `${passed}\nОт кого: Вера\n\nСчёт` },
    ]);
    expect(partsOf(text).map((part) => part.quoted)).toEqual([false]);
  });
  it("folds long quotations among its paragraphs and everything behind the line of what is passed on", () => {
    const piece = (text: string, quote = false, lines = 1) => ({ text, quote, lines });
    expect(historyOf([piece("Да"), piece("старое", true, 4), piece("и нет"), piece("кратко", true, 2)])).toEqual([false, true, false, false]);
    expect(historyOf([piece("Да"), piece(passed), piece("От кого: Вера"), piece("Счёт")])).toEqual([false, true, true, true]);
  });
});

describe("recipients", () => {
  it("are read as people write them", () => {
    expect(readRecipients('Вера <v@a.example>; "Бор, Иван" <b@a.example>\nc@a.example d@a.example')).toEqual({
      found: [box("v@a.example", "Вера"), box("b@a.example", "Бор, Иван"), box("c@a.example"), box("d@a.example")],
      rest: "",
    });
    expect(readRecipients("vera@, ok@a.example")).toEqual({ found: [box("ok@a.example")], rest: "vera@" });
  });
  it("may have a name in quotes, with spaces and commas in it", () => {
    expect(readRecipients('"a b"@x.ru, "c;d"@x.ru')).toEqual({ found: [box('"a b"@x.ru'), box('"c;d"@x.ru')], rest: "" });
    expect(readRecipients('"Вера" <"c, d"@x.ru>; e@x.ru "f;g h"@x.ru').found).toEqual([box('"c, d"@x.ru', "Вера"), box("e@x.ru"), box('"f;g h"@x.ru')]);
    expect(['""@x.ru', '"a<b"@x.ru', `"${"a".repeat(63)}"@x.ru`].map((typed) => readRecipients(typed).found)).toEqual([[], [], []]);
  });
  it("begin with the owner alone, under the subject that answers", () => {
    const start = { subject: "Счёт", answers: true } as LetterStart;
    expect(startOf(contact, start)).toMatchObject({ to: [box("vera@client.example", "Вера")], cc: [], subject: "Re: Счёт" });
    expect(startOf(contact, { ...start, subject: "Re: Счёт" }).subject).toBe("Re: Счёт");
  });
  it("begin with those the client wants his answers at, and call him by his name", () => {
    const start = { subject: "Счёт", answers: true, to: [box("Vera@client.example"), box("books@client.example", "Бухгалтерия")] } as LetterStart;
    expect(startOf(contact, start).to).toEqual([box("vera@client.example", "Вера"), box("books@client.example", "Бухгалтерия")]);
    expect([...unprovenOf(contact, mail({ reply_to: [box("books@client.example")] }))]).toContain("books@client.example");
  });
  it("keep those on the letter whom the service vouches for", () => {
    const start = { subject: "Счёт", answers: true, to: [box("vera@client.example")], cc: [box("boss@client.example")] } as LetterStart;
    expect(startOf(contact, start)).toMatchObject({ to: [box("vera@client.example", "Вера")], cc: [box("boss@client.example")] });
  });
  it("of all are those of the last letter, without ourselves in any spelling", () => {
    const last = mail({ from: box("vera@client.example"), to: [box("Help+abc@shop.example")], cc: [box("boss@client.example"), box("BOSS@client.example")] });
    expect(othersOf(last, ["help@shop.example"], [box("vera@client.example")])).toEqual([box("boss@client.example")]);
    expect(othersOf(null, [], [])).toEqual([]);
  });
  it("are marked where nobody has vouched for them", () => {
    const last = mail({ from: box("vera@client.example"), cc: [box("new@x.example"), box("boss@client.example")] });
    expect([...unprovenOf(contact, last)].toSorted()).toEqual(["new@x.example", "stranger@evil.example"]);
  });
});

describe("passing on", () => {
  const words = (key: string, params?: { text: string }) => `${key.replace("forward.", "")}${params ? `=${params.text}` : ""}`;
  it("says whose letter it is, below what is written", () => {
    const below = passedOn({ from: "Вера <v@a>", to: [box("h@b")], date: "сегодня", subject: "Счёт", text: "a < b\n" }, words);
    expect(below).toBe("\n\nline\nfrom=Вера <v@a>\ndate=сегодня\nsubject=Счёт\nto=h@b\n\na < b");
    const draft = forwardedDraft({ id: "m" }, "Re: Счёт", below, { text: "Смотрите", letter: null });
    expect(draft.text.startsWith("Смотрите\n\nline")).toBe(true);
    expect(draft.letter).toMatchObject({ to: [], subject: "Fwd: Счёт", quote: false, forwards: "m" });
    expect(draft.letter.html).toContain("<div>Смотрите</div>");
    expect(draft.letter.html).toContain("a &lt; b");
    expect(draft.letter.whole).toBe(false);
  });
  it("leaves the page of a letter to the service and says only whose it is", () => {
    const below = passedOn({ from: "Вера <v@a>", to: [], date: "сегодня", subject: "Счёт", text: null }, words);
    expect(below).toBe("\n\nline\nfrom=Вера <v@a>\ndate=сегодня\nsubject=Счёт");
    expect(forwardedDraft({ id: "m" }, "Счёт", below, { text: "", letter: null }, true).letter).toMatchObject({ forwards: "m", whole: true });
  });
});

it("letters are the same whatever their objects are", () => {
  const one: LetterDraft = { to: [box("a@b")], cc: [], bcc: [], subject: "s", html: "", quote: true, forwards: null, whole: true };
  expect(sameLetter(one, structuredClone(one))).toBe(true);
  expect([sameLetter(one, null), sameLetter(one, { ...one, quote: false }), sameLetter(one, { ...one, to: [box("a@b", "A")] })]).toEqual([false, false, false]);
  expect(sameLetter(null, null)).toBe(true);
});

describe("an invitation's time", () => {
  it.each([
    ["2026-01-05 10:00 Europe/Moscow", "2026-01-05T07:00:00.000Z"],
    ["2026-03-29 03:30 Europe/Berlin", "2026-03-29T01:30:00.000Z"], // half an hour after the clocks changed
    ["2026-07-05 10:00 UTC", "2026-07-05T10:00:00.000Z"],
    ["2026-01-05 10:00 (Москва)", undefined],
    ["2026-01-05 10:00", undefined],
    ["2026-01-05", undefined],
    ["tomorrow", undefined],
  ])("%s", (time, instant) => {
    expect(instantOf(time)?.toISOString()).toBe(instant);
  });
});
