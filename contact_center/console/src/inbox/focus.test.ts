import { expect, it } from "vitest";
import { focusComposer, isMeant, wanted } from "./focus";

it("a wish for the cursor that comes late moves it in no other contact, and not on return", () => {
  const before = wanted.get().n;
  focusComposer("anna", "reply"); // after the answer to an undo; Boris is open by now
  expect([isMeant(wanted.get(), "anna", before), isMeant(wanted.get(), "boris", before)]).toEqual([true, false]);
  const onReturn = wanted.get().n; // Anna's composer begins anew
  expect(isMeant(wanted.get(), "anna", onReturn)).toBe(false);
  focusComposer("boris", "note");
  expect(isMeant(wanted.get(), "boris", before)).toBe(true);
});
