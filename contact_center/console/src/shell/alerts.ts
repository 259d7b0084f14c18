/** Sound, the title and the badge on the tab's icon. */
import { Store } from "../ui/store";

/** The browser plays nothing before somebody has clicked in the page. */
export const soundBlocked = new Store(false);

let context: AudioContext | null = null;

function audio(): AudioContext | null {
  if (typeof AudioContext === "undefined") return null;
  context ??= new AudioContext();
  return context;
}

type Tone = readonly (readonly [hertz: number, at: number, seconds: number])[];

const TONES: Record<string, Tone> = {
  offer: [[587, 0, 0.16], [784, 0.14, 0.16], [988, 0.28, 0.3]],
  message: [[880, 0, 0.09], [660, 0.08, 0.16]],
};

function strike(ctx: AudioContext, tone: Tone, volume: number): void {
  for (const [hertz, at, seconds] of tone) {
    const start = ctx.currentTime + at;
    const oscillator = ctx.createOscillator();
    const gain = ctx.createGain();
    oscillator.type = "sine";
    oscillator.frequency.value = hertz;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.35 * volume, start + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
    oscillator.connect(gain).connect(ctx.destination);
    oscillator.start(start);
    oscillator.stop(start + seconds + 0.02);
  }
}

/** Play a tone; where the browser refuses, say so instead of being silent about it. */
export function play(name: "offer" | "message", volume: number): void {
  const ctx = audio();
  if (!ctx) return;
  if (ctx.state === "suspended") {
    soundBlocked.set(true);
    void ctx.resume().then(() => {
      soundBlocked.set(false);
    });
    return;
  }
  strike(ctx, TONES[name] ?? [], volume);
}

/** After a click or key the browser allows sound. */
export async function unlockSound(): Promise<void> {
  const ctx = audio();
  if (!ctx) return;
  await ctx.resume();
  soundBlocked.set(ctx.state !== "running");
}

/** Whether an offer could be heard now; asked before the first one comes. */
export function probeSound(): void {
  const ctx = audio();
  if (ctx) soundBlocked.set(ctx.state === "suspended");
}

/** "(3) Title" and a red badge with the number on the tab's icon; 0 takes both away. */
export function badge(count: number, title: string, urgent: boolean): void {
  document.title = count ? `(${count}) ${title}` : title;
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (!link) return;
  link.href = count ? drawn(count, urgent) : "/favicon.svg";
}

function drawn(count: number, urgent: boolean): string {
  const canvas = document.createElement("canvas");
  canvas.width = 32;
  canvas.height = 32;
  const pen = canvas.getContext("2d");
  if (!pen) return "/favicon.svg";
  pen.fillStyle = "#1f5fd6";
  pen.beginPath();
  pen.roundRect(0, 4, 26, 26, 7);
  pen.fill();
  pen.fillStyle = "#fff";
  pen.beginPath();
  pen.roundRect(6, 11, 14, 10, 3);
  pen.fill();
  pen.fillStyle = urgent ? "#d22f3d" : "#c26a00";
  pen.beginPath();
  pen.arc(22, 10, 10, 0, Math.PI * 2);
  pen.fill();
  pen.fillStyle = "#fff";
  pen.font = "bold 14px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(count > 9 ? "9+" : String(count), 22, 11);
  return canvas.toDataURL("image/png");
}
