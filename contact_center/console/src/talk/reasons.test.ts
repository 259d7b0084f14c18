import { describe, expect, it } from "vitest";
import { postponed, reasonIn } from "./reasons";

describe("a reason", () => {
  it("is told in the reader's language, the provider's own words behind it", () => {
    expect(reasonIn("ru", "the client has blocked the bot (Forbidden: bot was blocked by the user)")).toBe("клиент заблокировал бота (Forbidden: bot was blocked by the user)");
    expect(reasonIn("en", "the client has blocked the bot")).toBe("the client has blocked the bot");
  });
  it("may have brackets of its own", () => {
    expect(reasonIn("ru", "the recipient has unsubscribed from messages of this number (STOP) (Twilio 21610)")).toBe("получатель отписался от сообщений с этого номера (STOP) (Twilio 21610)");
  });
  it("keeps what is told within it", () => {
    expect(reasonIn("ru", "this channel carries 3 buttons, not 5")).toBe("здесь помещается кнопок: 3, а не 5");
    expect(reasonIn("ru", "sent, but no answer came: timeout")).toBe("отправлено, но ответа не было: нет ответа");
  });
  it("that nobody knows is told as it came", () => {
    expect(reasonIn("ru", "Bad Request: teapot (418)")).toBe("Bad Request: teapot (418)");
  });
});

it("names who gets a letter later, and nobody where it is about all", () => {
  expect(postponed("a@x.example: 450 4.7.1 Greylisted; b@y.example: 451 busy")).toEqual([
    { address: "a@x.example", reason: "450 4.7.1 Greylisted" },
    { address: "b@y.example", reason: "451 busy" },
  ]);
  expect(postponed("connection refused")).toEqual([]);
  expect(postponed("a@x.example: 450 wait; then try")).toEqual([]);
});
