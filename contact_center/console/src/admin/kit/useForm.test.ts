import { describe, expect, it } from "vitest";
import { Problem } from "../../api/http";
import { begunWith, changesOf, faultsOf } from "./useForm";

describe("forms", () => {
  it("send only what differs", () => {
    expect(changesOf({ name: "a", queues: ["1"], on: true }, { name: "b", queues: ["1"], on: true })).toEqual({ name: "b" });
    expect(changesOf({ queues: ["1"] }, { queues: ["1", "2"] })).toEqual({ queues: ["1", "2"] });
  });
  it("name the version that was there when something was first typed", () => {
    const opened = { record: { id: "q", version: 1 }, values: { name: "a" } };
    const newer = { record: { id: "q", version: 2 }, values: { name: "b" } };
    expect(begunWith(opened, newer, true)).toBe(opened);
    expect(begunWith(opened, newer, false)).toBe(newer);
    expect(begunWith(opened, { ...opened, values: { name: "a" } }, false)).toBe(opened);
  });
  it("put a refusal beside the field it names", () => {
    const refused = new Problem(422, { detail: "is taken", field: "email" });
    expect(faultsOf(refused, ["email", "name"])).toEqual({ email: "is taken" });
    expect(faultsOf(refused, ["name"])).toBeNull();
  });
  it("say of a queue's policy what is wrong with the field", () => {
    const reason = "is more than the house.wrap_up_limit_seconds of 900";
    const refused = new Problem(422, { code: "bad_policy", detail: `the policy cannot run: …: ${reason}`, field: "wrap_up_seconds", problems: [{ place: "queues.sales.wrap_up_seconds", reason }] });
    expect(faultsOf(refused, ["wrap_up_seconds"])).toEqual({ wrap_up_seconds: reason });
  });
  it("understand many faults at once", () => {
    const refused = new Problem(422, { errors: [{ loc: ["body", "name"], msg: "too short" }, { field: "zone", detail: "unknown" }] });
    expect(faultsOf(refused, ["name", "zone"])).toEqual({ name: "too short", zone: "unknown" });
  });
});
