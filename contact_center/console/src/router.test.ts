import { beforeEach, describe, expect, it, vi } from "vitest";

/** As much of a browser as addresses need. */
function browser(path: string) {
  const entries: { state: unknown; path: string }[] = [{ state: null, path }];
  let at = 0;
  let popped = () => {};
  const location = { get pathname() { return entries[at]?.path ?? ""; }, search: "" };
  const go = (step: number) => {
    at += step;
    popped();
  };
  const history = {
    get state() { return entries[at]?.state; },
    pushState: (state: unknown, _: string, to: string) => {
      entries.splice(at + 1, entries.length, { state, path: to });
      at += 1;
    },
    replaceState: (state: unknown, _: string, to: string) => (entries[at] = { state, path: to }),
    go,
    back: () => go(-1),
  };
  vi.stubGlobal("location", location);
  vi.stubGlobal("history", history);
  vi.stubGlobal("addEventListener", (_: string, listener: () => void) => (popped = listener));
  return { entries, go, here: () => location.pathname };
}

beforeEach(() => {
  vi.resetModules();
  vi.unstubAllGlobals();
});

describe("the browser's back", () => {
  it("asks before what was typed is lost, and stays where it was not allowed", async () => {
    const page = browser("/admin/queues");
    const { guardNavigation, navigate } = await import("./router");
    navigate("/admin/queues/1");
    const asked = vi.fn(() => false);
    guardNavigation(asked);
    page.go(-1);
    expect([page.here(), asked.mock.calls.length]).toEqual(["/admin/queues/1", 1]);
    asked.mockReturnValue(true);
    page.go(-1);
    expect([page.here(), asked.mock.calls.length]).toEqual(["/admin/queues", 2]);
  });

  it("leads out of a list that one has come back to", async () => {
    const page = browser("/clients");
    const { goUp, navigate } = await import("./router");
    navigate("/inbox/mine");
    navigate("/inbox/mine/1");
    goUp("/inbox/mine");
    expect(page.here()).toBe("/inbox/mine");
    page.go(-1);
    expect(page.here()).toBe("/clients");
    navigate("/inbox/mine/2");
    goUp("/inbox/mine");
    expect(page.entries.map(({ path }) => path)).toEqual(["/clients", "/inbox/mine"]);
  });
});

it("takes an address that is none as it stands", async () => {
  browser("/inbox/mine/%E0%A4%A");
  await expect(import("./router")).resolves.toBeTruthy();
});
