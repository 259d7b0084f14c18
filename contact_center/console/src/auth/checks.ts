/** Whether this workplace can ring, notify and record, as it was checked here; and the state one
 *  begins in. Both belong to the computer, so the browser keeps them. */

export const CHECKS = ["sound", "notices", "microphone"] as const;
export type Check = (typeof CHECKS)[number];
/** "refused": the browser was told no. "missing": there is no such device, or not over this address. */
export type Outcome = "good" | "refused" | "missing";
export type Outcomes = Partial<Record<Check, Outcome>>;

const CHECKED = "cc.checked";
const START = "cc.start";

export const STARTS = ["offline", "ready", "break"] as const;
export type Start = (typeof STARTS)[number];

export function keptStart(): Start {
  const kept = localStorage.getItem(START);
  return STARTS.find((one) => one === kept) ?? "offline";
}

export function keepStart(start: Start): void {
  localStorage.setItem(START, start);
}

/** What was found good before; notices only if they are still allowed. */
export function keptOutcomes(): Outcomes {
  try {
    const kept = JSON.parse(localStorage.getItem(CHECKED) ?? "{}") as Outcomes;
    if (kept.notices && (typeof Notification === "undefined" || Notification.permission !== "granted")) delete kept.notices;
    return kept;
  } catch {
    return {};
  }
}

/** Only what is good is kept: the rest is asked again. */
export function keepOutcomes(outcomes: Outcomes): void {
  localStorage.setItem(CHECKED, JSON.stringify(Object.fromEntries(Object.entries(outcomes).filter(([, one]) => one === "good"))));
}

async function sound(): Promise<Outcome> {
  const { play, soundBlocked, unlockSound } = await import("../shell/alerts");
  if (typeof AudioContext === "undefined") return "missing";
  await unlockSound();
  play("offer", 0.7);
  return soundBlocked.get() ? "refused" : "good";
}

async function notices(): Promise<Outcome> {
  if (typeof Notification === "undefined") return "missing";
  const answer = Notification.permission === "default" ? await Notification.requestPermission() : Notification.permission;
  return answer === "granted" ? "good" : "refused";
}

async function microphone(): Promise<Outcome> {
  if (!navigator.mediaDevices) return "missing";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of stream.getTracks()) track.stop();
    return "good";
  } catch (error) {
    return error instanceof DOMException && error.name === "NotFoundError" ? "missing" : "refused";
  }
}

const RUN: Record<Check, () => Promise<Outcome>> = { sound, notices, microphone };

export function runCheck(check: Check): Promise<Outcome> {
  return RUN[check]();
}
