import { expect, it } from "vitest";
import { beginNote, begunNote, endNote, forgetNotes } from "./notes";

it("a note begun at one client waits there and stands at nobody else's", () => {
  beginNote("anna", "owes us a parcel");
  expect([begunNote("anna"), begunNote("boris")]).toEqual(["owes us a parcel", ""]);
  beginNote("anna", "owes us a parcel, says Boris");
  endNote("anna", "owes us a parcel"); // the answer to what was saved before
  expect(begunNote("anna")).toBe("owes us a parcel, says Boris");
  endNote("anna", "owes us a parcel, says Boris");
  expect(begunNote("anna")).toBe("");
  beginNote("anna", "again");
  forgetNotes();
  expect(begunNote("anna")).toBe("");
});
