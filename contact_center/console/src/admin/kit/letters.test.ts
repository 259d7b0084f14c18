import { describe, expect, it } from "vitest";
import { lettersOf, textsOf, unknownIn } from "./letters";

describe("what letters say", () => {
  it("leaves out what is empty, and parts without a text", () => {
    expect(lettersOf({ signature: { ru: "С уважением", en: " " }, confirmation: { ru: "", en: "" } })).toEqual({ signature: { ru: "С уважением" } });
  });
  it("has a field for each language", () => {
    expect(textsOf({ signature: { en: "Regards" } }, "signature")).toEqual({ ru: "", en: "Regards" });
    expect(textsOf(undefined, "confirmation")).toEqual({ ru: "", en: "" });
  });
  it("finds placeholders that nobody fills in", () => {
    expect(unknownIn({ ru: "{number} {nmae}", en: "{nmae}{}" }, ["number", "name"])).toEqual(["nmae", ""]);
  });
});
