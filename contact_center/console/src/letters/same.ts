import type { LetterDraft } from "../api/types";

function told(letter: LetterDraft): string {
  const people = [letter.to, letter.cc, letter.bcc].map((list) => list.map((box) => [box.address, box.name]));
  return JSON.stringify([people, letter.subject, letter.html, letter.quote, letter.forwards, letter.whole]);
}

/** Whether two letters say the same. */
export function sameLetter(a: LetterDraft | null, b: LetterDraft | null): boolean {
  return a === b || (a !== null && b !== null && told(a) === told(b));
}
