// What a widget.js of before panels had a number gets for its panel.js, as long as it is on a page
// or in a browser's cache: it hands over less than the panel needs, and leaves it to forget who goes.
import { Net } from "./net";
import type { Panel, PanelOptions } from "./panel";

export async function mount(root: ShadowRoot, given: PanelOptions): Promise<Panel> {
  const { key, origin } = given.net;
  const net = new Net(key, origin);
  const module = await import(/* @vite-ignore */ `${origin}/panel.js?2`) as typeof import("./panel");
  const panel = module.mount(root, { ...given, net });
  return { ...panel, logout: () => { net.forget(); panel.logout(); } };
}
