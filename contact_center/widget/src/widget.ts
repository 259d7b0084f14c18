// The launcher: a button, an unread badge and an invitation. It connects to nothing until the
// visitor opens it, or has talked here before.
import { css as panelCss } from "./style";
import { type Lang, launcher, pickLang } from "./texts";
import { icons } from "./icons";
import { Net } from "./net";
import type { Panel, PanelOptions } from "./panel";

interface Settings {
  key?: string;
  lang?: string;
  color?: string;
  side?: "left" | "right";
  page?: boolean;
  invite?: { text: string; seconds: number };
  identity?: { user_id: string; hash: string; name?: string; email?: string };
}
type Listener = (detail?: unknown) => void;

const script = document.currentScript as HTMLScriptElement | null;
const given: Settings = { ...(window as { ccSettings?: Settings }).ccSettings };
const key = given.key ?? script?.dataset.key ?? "";
const origin = new URL(script?.src ?? location.href).origin;
const net = new Net(key, origin);
const color = given.color ?? script?.dataset.color;
const whole = given.page ?? script?.dataset.page === "1";
const lang: Lang = pickLang(given.lang ?? script?.dataset.lang, whole);
const framed = script?.dataset.frame === "1";
const [openText, closeText, unreadText] = launcher[lang];
const listeners = new Map<string, Set<Listener>>();

const css = `
:host{all:initial!important}
*{box-sizing:border-box}
.bar{position:fixed;inset-block-end:20px;inset-inline-end:20px;z-index:2147483000;display:flex;
 flex-direction:column;align-items:flex-end;gap:12px;font:15px/1.4 system-ui,sans-serif}
.left{inset-inline:20px auto;align-items:flex-start}
button{font:inherit;cursor:pointer;border:0}
.go{position:relative;inline-size:56px;block-size:56px;border-radius:50%;background:var(--c);
 color:var(--t);display:grid;place-items:center;box-shadow:0 6px 20px #0004;transition:transform .15s}
.go:hover{transform:scale(1.06)}
:focus-visible{outline:3px solid var(--c);outline-offset:3px}
.go svg{inline-size:26px;block-size:26px}
.n{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-inline-size:22px;padding:1px 6px;
 border-radius:11px;background:#c92a2a;color:#fff;font-size:13px;font-weight:600;text-align:center}
.say{max-inline-size:260px;padding:12px 40px 12px 14px;border-radius:14px;background:#fff;color:#1a1b1e;
 box-shadow:0 6px 24px #0003;position:relative;text-align:start}
.x{position:absolute;inset-block-start:4px;inset-inline-end:4px;inline-size:28px;block-size:28px;
 background:none;color:#5c5f66;border-radius:8px;font-size:18px}
[hidden]{display:none!important}
@media (prefers-color-scheme:dark){.say{background:#25262b;color:#f1f3f5}.x{color:#ced4da}}
@media (prefers-reduced-motion:reduce){.go{transition:none}}
@media print{.bar{display:none}}`;

/** Black or white, whichever is read better on the colour (WCAG relative luminance). */
function contrast(hex: string): string {
  const parts = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * (parts[0] ?? 0) + 0.7152 * (parts[1] ?? 0) + 0.0722 * (parts[2] ?? 0);
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? "#fff" : "#000";
}

const host = document.createElement("div");
const shadow = host.attachShadow({ mode: "open" });
const sheet = new CSSStyleSheet();
sheet.replaceSync(css + panelCss);
shadow.adoptedStyleSheets = [sheet];
/** The page's colour, else the account's once the session tells it. */
function tint(told?: string): void {
  const hex = color ?? told ?? "#3b5bdb";
  host.style.setProperty("--c", hex);
  host.style.setProperty("--t", contrast(hex));
}
tint();

const bar = document.createElement("div");
bar.className = given.side === "left" ? "bar left" : "bar";
const go = document.createElement("button");
go.className = "go";
go.type = "button";
const path = "M12 3c5 0 9 3.4 9 7.7s-4 7.8-9 7.8c-.9 0-1.8-.1-2.7-.3L4.5 21l.9-4C3.9 15.4 3 13.2 3 10.7 3 6.400 7 3 12 3Z";
const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
svg.setAttribute("viewBox", "0 0 24 24");
svg.setAttribute("aria-hidden", "true");
const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
shape.setAttribute("d", path);
shape.setAttribute("fill", "currentColor");
svg.append(shape);
const badge = document.createElement("span");
badge.className = "n";
badge.hidden = true;
go.append(svg, badge);
bar.append(go);
shadow.append(bar);

let panel: Promise<Panel> | undefined;
let shown = false;
let unread = 0;

function emit(name: string, detail?: unknown): void {
  listeners.get(name)?.forEach((listener) => listener(detail));
}

function paint(open = shown): void {
  shown = open;
  go.setAttribute("aria-label", shown ? closeText : unread ? `${openText}. ${unreadText}: ${unread}` : openText);
  go.setAttribute("aria-expanded", String(shown));
  badge.textContent = unread > 99 ? "99+" : String(unread);
  badge.hidden = !unread || shown;
}

function load(): Promise<Panel> {
  const options: PanelOptions = {
    net, icons, lang, whole, words: launcher[lang], identity: given.identity,
    side: given.side ?? "right",
    onUnread: (count, told) => { tint(told); unread = count; paint(); emit("unread", count); },
    onClose: () => { paint(false); go.focus(); emit("close"); },
    onMessage: (message) => emit("message", message),
  };
  // The number is of what is handed over: without it comes what fits a widget.js that hands over less.
  panel ??= import(/* @vite-ignore */ `${origin}/panel.js?2`)
    .then((module: { mount: (root: ShadowRoot, options: PanelOptions) => Panel }) => module.mount(shadow, options));
  panel.catch(() => { panel = undefined; });
  return panel;
}

async function open(): Promise<void> {
  invitation?.remove();
  if (framed) return frame();
  paint(true);
  try { (await load()).open(); } catch { return paint(false); }
  emit("open");
}

async function close(): Promise<void> {
  shadow.querySelector("iframe")?.remove();
  paint(false);
  (await panel)?.close();
}

/** For sites that distrust the page: the same panel, on our own origin, in a frame. */
function frame(): void {
  if (shown) return;
  const inner = document.createElement("iframe");
  inner.src = `${origin}/chat/${encodeURIComponent(key)}?lang=${lang}`;
  inner.title = openText;
  Object.assign(inner.style, { inlineSize: "min(380px,92vw)", blockSize: "min(620px,76vh)", border: "0", borderRadius: "16px", boxShadow: "0 10px 40px #0004" });
  bar.prepend(inner);
  paint(true);
}

let invitation: HTMLElement | undefined;
function invite(text: string): void {
  const seen = `cc:${key}:invited`;
  if (shown || sessionStorage.getItem(seen)) return;
  sessionStorage.setItem(seen, "1"); // once a visit, or it is a nuisance
  invitation = document.createElement("div");
  invitation.className = "say";
  invitation.setAttribute("role", "status");
  const words = document.createElement("span");
  words.textContent = text;
  const away = document.createElement("button");
  away.className = "x";
  away.type = "button";
  away.textContent = "×";
  away.setAttribute("aria-label", closeText);
  away.onclick = (event) => { event.stopPropagation(); invitation?.remove(); };
  invitation.onclick = () => void open();
  invitation.append(words, away);
  bar.prepend(invitation);
}

go.onclick = () => void (shown ? close() : open());
paint();

const api = {
  open,
  close,
  send: async (text: string) => (await load()).send(text),
  identify: async (identity: NonNullable<Settings["identity"]>) => (await load()).identify(identity),
  logout: async () => { given.identity = undefined; net.forget(); (await panel)?.logout(); },
  on: (name: string, listener: Listener) => {
    if (!listeners.has(name)) listeners.set(name, new Set());
    listeners.get(name)?.add(listener);
    return () => listeners.get(name)?.delete(listener);
  },
};
(window as unknown as { cc: typeof api }).cc = api;

function start(): void {
  document.body.append(host);
  if (whole) { bar.hidden = true; void open(); return; }
  if (!framed && net.get("token")) void load();
  const asked = given.invite ?? (script?.dataset.invite ? { text: script.dataset.invite, seconds: 20 } : undefined);
  if (asked) setTimeout(() => invite(asked.text), asked.seconds * 1000);
}
if (document.body) start();
else addEventListener("DOMContentLoaded", start);
