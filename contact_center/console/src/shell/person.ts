/** Whose desk this page is. What one employee had here is nothing for the next one who signs in on
 *  it; what he was writing waits for him alone, and goes on when he is back. */
import { onMet } from "../api/acts";
import { forgetFetched, queries } from "../api/client";
import { onSignedOut } from "../api/http";
import { keys } from "../api/keys";
import { forgetNotes } from "../clients/notes";
import { acting } from "../inbox/acting";
import { drafts } from "../inbox/drafts";
import { outbox } from "../inbox/outbox";
import { parting } from "../inbox/parting";
import { forgetUploads } from "../inbox/uploads";
import { viewing } from "../inbox/viewing";

let person = "";
let isHere = false;

/** Called before anything is drawn for him. */
export function arrive(employee: string): void {
  if (isHere && employee === person) return;
  if (employee !== person) {
    forgetFetched();
    forgetUploads();
    forgetNotes();
    for (const store of [acting, parting, viewing]) store.set(null);
  }
  person = employee;
  isHere = true;
  drafts.open(employee);
  outbox.open(employee);
}

export function depart(): void {
  queries.setQueryData(keys.me, null);
  if (!isHere) return;
  isHere = false;
  drafts.close();
  outbox.close();
  forgetFetched();
}

onMet(arrive);
onSignedOut(depart);
