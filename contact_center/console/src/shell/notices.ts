/** Desktop notices: with buttons where the browser has them (a service worker is needed for it),
 *  else plain ones that only open the console. */

export interface NoticeActs {
  open: () => void;
  /** At most two: no browser shows more. */
  buttons?: readonly { action: string; title: string; run: () => void }[];
}

// What TypeScript's own types do not know of notices yet.
type Options = NotificationOptions & { actions?: { action: string; title: string }[]; renotify?: boolean };

const acts = new Map<string, NoticeActs>();
let worker: Promise<ServiceWorkerRegistration | null> | undefined;

/** The worker, once the browser has it; null where there is none (an insecure address, private mode). */
function registration(): Promise<ServiceWorkerRegistration | null> {
  worker ??= (async () => {
    if (!("serviceWorker" in navigator)) return null;
    try {
      navigator.serviceWorker.addEventListener("message", (event: MessageEvent) => pressed(event.data));
      await navigator.serviceWorker.register("/notices.js");
      return await navigator.serviceWorker.ready;
    } catch {
      return null;
    }
  })();
  return worker;
}

let turn: Promise<unknown> = Promise.resolve();
const PATIENCE = 5000;

/** One step after the other, each with at most `PATIENCE` ms: Chromium forgets a notice, and the presses
 *  of its buttons, where the notices are listed (as closing one does) while it is being shown. */
function inTurn(step: () => Promise<unknown>): void {
  const late = () => new Promise((done) => setTimeout(done, PATIENCE));
  turn = turn.then(() => Promise.race([step(), late()])).catch(() => {});
}

function pressed(data: { notice?: string; action?: string }): void {
  const known = data.notice ? acts.get(data.notice) : undefined;
  if (!known || !data.notice) return;
  acts.delete(data.notice);
  const button = known.buttons?.find((one) => one.action === data.action);
  if (button) button.run();
  else known.open();
}

export function noticesAllowed(): boolean {
  return typeof Notification !== "undefined" && Notification.permission === "granted";
}

/** Prepare what a first notice would wait for. */
export function readyNotices(): void {
  if (noticesAllowed()) void registration();
}

/** Show a notice; returns how to take it away again. */
export function notice(title: string, body: string, tag: string, does: NoticeActs): () => void {
  if (!noticesAllowed()) return () => {};
  let gone = false;
  let close = () => {};
  acts.set(tag, does);
  void registration().then((ready) => {
    if (gone) return;
    const options: Options = { body, tag, icon: "/favicon.svg", requireInteraction: Boolean(does.buttons) };
    if (!ready) {
      close = plain(title, options, tag);
      return;
    }
    const actions = does.buttons?.map(({ action, title: words }) => ({ action, title: words }));
    inTurn(async () => {
      if (!gone) await ready.showNotification(title, { ...options, actions } as Options);
    });
    close = () => inTurn(async () => (await ready.getNotifications({ tag })).forEach((one) => one.close()));
  });
  return () => {
    gone = true;
    acts.delete(tag);
    close();
  };
}

function plain(title: string, options: Options, tag: string): () => void {
  try {
    const shown = new Notification(title, options);
    shown.addEventListener("click", () => {
      focus();
      pressed({ notice: tag });
      shown.close();
    });
    return () => shown.close();
  } catch {
    // Some phones allow notices only from a service worker, and it was refused.
    return () => {};
  }
}
