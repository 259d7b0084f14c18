/** Which stretch of the loaded messages is in the document. A thread of 5,000 keeps at most MOST
 *  of them there; the stretch moves by STEP as one scrolls. Pure, in indexes of the loaded list. */

export const STEP = 50;
export const MOST = 150;

export interface Stretch {
  /** The lowest seq shown. */
  from: number;
  /** The highest seq shown; null = whatever comes (the end of the thread is in sight). */
  to: number | null;
}

export function newest(seqs: readonly number[]): Stretch {
  return { from: seqs.at(-STEP) ?? seqs[0] ?? 0, to: null };
}

/** Show a message with its neighbours on both sides. */
export function around(seqs: readonly number[], seq: number): Stretch {
  const at = Math.max(0, seqs.findIndex((one) => one >= seq));
  const end = at + STEP;
  return { from: seqs[Math.max(0, at - STEP / 2)] ?? 0, to: end >= seqs.length - 1 ? null : (seqs[end] ?? null) };
}

/** Show STEP more above; give up what is too far below. */
export function further(seqs: readonly number[], stretch: Stretch): Stretch {
  const first = seqs.findIndex((seq) => seq >= stretch.from);
  const from = seqs[Math.max(0, first - STEP)] ?? stretch.from;
  const start = Math.max(0, first - STEP);
  const last = stretch.to === null ? seqs.length - 1 : seqs.findLastIndex((seq) => seq <= (stretch.to ?? 0));
  const to = last - start + 1 > MOST ? (seqs[start + MOST - 1] ?? null) : stretch.to;
  return { from, to };
}

/** Show STEP more below; give up what is too far above. */
export function nearer(seqs: readonly number[], stretch: Stretch): Stretch {
  if (stretch.to === null) return trimmed(seqs, stretch);
  const last = seqs.findLastIndex((seq) => seq <= (stretch.to ?? 0));
  const end = Math.min(seqs.length - 1, last + STEP);
  const first = seqs.findIndex((seq) => seq >= stretch.from);
  const from = end - first + 1 > MOST ? (seqs[end - MOST + 1] ?? stretch.from) : stretch.from;
  return { from, to: end >= seqs.length - 1 ? null : (seqs[end] ?? null) };
}

/** At the end of the thread: new messages push the oldest out. */
export function trimmed(seqs: readonly number[], stretch: Stretch): Stretch {
  const first = seqs.findIndex((seq) => seq >= stretch.from);
  if (stretch.to !== null || seqs.length - first <= MOST + STEP) return stretch;
  return { from: seqs[seqs.length - MOST] ?? stretch.from, to: null };
}
