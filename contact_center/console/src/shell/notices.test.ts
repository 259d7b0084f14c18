import { beforeEach, expect, test, vi } from "vitest";

const told: string[] = [];
let shown: (() => void)[] = [];

/** A browser whose notices take as long to show as we let them. */
const worker = {
  showNotification: (title: string) => {
    told.push(`show ${title}`);
    return new Promise<void>((done) => shown.push(done));
  },
  getNotifications: async ({ tag }: { tag: string }) => {
    told.push(`list ${tag}`);
    return [{ close: () => told.push(`close ${tag}`) }];
  },
};
const steps = () => vi.advanceTimersByTimeAsync(0);

async function fresh() {
  vi.resetModules();
  return (await import("./notices")).notice;
}

beforeEach(() => {
  vi.useFakeTimers();
  told.length = 0;
  shown = [];
  vi.stubGlobal("Notification", { permission: "granted" });
  vi.stubGlobal("navigator", {
    serviceWorker: { addEventListener: () => {}, register: async () => worker, ready: Promise.resolve(worker) },
  });
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

test("no notice is closed while another is being shown", async () => {
  const notice = await fresh();
  const close = notice("first", "", "1", { open: () => {} });
  await steps();
  shown[0]?.();
  notice("second", "", "2", { open: () => {} });
  await steps();
  close();
  await steps();
  expect(told).toEqual(["show first", "show second"]);
  shown[1]?.();
  await steps();
  expect(told.slice(2)).toEqual(["list 1", "close 1"]);
});

test("a notice that comes back is not taken away by its own going", async () => {
  const notice = await fresh();
  notice("offer", "", "1", { open: () => {} })();
  const close = notice("offer", "", "1", { open: () => {} });
  await steps();
  shown[0]?.();
  await steps();
  expect(told).toEqual(["show offer"]);
  close();
  notice("offer", "", "1", { open: () => {} });
  await steps();
  expect(told).toEqual(["show offer", "list 1", "close 1", "show offer"]);
});

test("a browser that never shows one notice still shows the next", async () => {
  const notice = await fresh();
  notice("stuck", "", "1", { open: () => {} });
  notice("next", "", "2", { open: () => {} });
  await steps();
  expect(told).toEqual(["show stuck"]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(told).toEqual(["show stuck", "show next"]);
});
