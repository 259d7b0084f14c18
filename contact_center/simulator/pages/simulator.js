// The simulator's page. Visitors live on the server side of the simulator; this page shows them and
// asks for the way of a contact, which the server reads from rows and log.
import { mailbox } from "/simulator/mail.js";
import { phones } from "/simulator/phones.js";
import { fill, words } from "/simulator/words.js";

const STAGES = ["received", "stored", "client", "triage", "work", "offer", "operator", "answer", "closed"];
const API = "/simulator/api";
const $ = (id) => document.getElementById(id);
const kept = (name, other) => { try { return localStorage.getItem(name) ?? other; } catch { return other; } };
const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };

let lang = new URLSearchParams(location.search).get("lang") ?? kept("cc.lang", navigator.language.slice(0, 2));
if (!words[lang]) lang = ["be", "uk", "kk"].includes(lang) ? "ru" : "en";
let theme = kept("cc.theme", matchMedia("(prefers-color-scheme:dark)").matches ? "dark" : "light");
let state = { number: -1, accounts: [], visitors: [] };
let chosen = null;
let traced = "";
const MODES = ["chat", "phones", "mail"];
let mode = MODES.includes(location.hash.slice(1)) ? location.hash.slice(1) : "chat";
let w = words[lang];

// --- small tools -------------------------------------------------------------------------------

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

async function ask(method, path, body) {
  const form = body instanceof FormData;
  const reply = await fetch(API + path, {
    method, headers: body && !form ? { "Content-Type": "application/json" } : {}, body: form ? body : body && JSON.stringify(body),
  });
  if (reply.status >= 400) {
    const problem = await reply.json().catch(() => ({}));
    throw new Error(problem.code === "full" ? w.full : fill(w.refused, { text: problem.detail ?? reply.status }));
  }
  return reply.status === 204 || reply.status === 202 ? null : reply.json();
}

// What was answered; undefined where it was refused or did not arrive.
async function act(method, path, body) {
  try {
    const answer = await ask(method, path, body);
    say("");
    return answer;
  } catch (error) { say(error.message); return undefined; }
}

function say(text) { $("said").textContent = text; }

function clock(at, fine = false) {
  const time = new Date(at);
  const text = time.toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit", second: fine ? "2-digit" : undefined, hour12: false });
  return fine ? `${text}.${String(time.getMilliseconds()).padStart(3, "0")}` : text;
}

// --- words, theme, tabs ------------------------------------------------------------------------

function dress() {
  w = words[lang];
  document.documentElement.lang = lang;
  document.documentElement.dataset.theme = theme;
  document.title = w.title;
  for (const node of document.querySelectorAll("[data-w]")) node.textContent = w[node.dataset.w];
  for (const node of document.querySelectorAll("[data-hint]")) node.title = w[node.dataset.hint];
  $("lang").textContent = w.language;
  $("theme").textContent = w.theme;
  post.dress(lang);
  handsets.dress(lang);
  for (const node of document.querySelectorAll("[data-pw]")) node.textContent = handsets.words()[node.dataset.pw];
  $("new-phone").elements.name.placeholder = handsets.words().name_hint;
  for (const button of document.querySelectorAll(".modes button")) button.textContent = told(button.dataset.mode)[button.dataset.mode];
  $("invite-mail").textContent = post.words().invite;
  turn(mode);
  traced = "";
  for (const phone of [...$("visitors").children]) phone.remove();
  show();
  trace();
}

function told(of) { return { mail: post.words(), phones: handsets.words(), chat: w }[of]; }

function tab(name) {
  document.body.dataset.tab = name;
  for (const one of ["visitors", "way"]) $(`tab-${one}`).setAttribute("aria-selected", String(one === name));
}

function turn(to) {
  mode = to;
  document.body.dataset.mode = mode;
  for (const button of document.querySelectorAll(".modes button")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  $("tab-visitors").textContent = { mail: post.words().mailbox, phones: handsets.words().phones, chat: w.visitors }[mode];
  history.replaceState(null, "", mode === "chat" ? location.pathname + location.search : `#${mode}`);
  if (mode === "phones") handsets.follow();
  else handsets.leave();
}

// --- visitors ----------------------------------------------------------------------------------

function show() {
  const room = $("visitors");
  if (!state.visitors.length) {
    room.replaceChildren(el("div", { class: "empty" }, el("h2", {}, w.nobody), el("p", {}, w.nobody_text)));
    return;
  }
  room.querySelector(".empty")?.remove();
  const here = new Set(state.visitors.map((visitor) => `v-${visitor.id}`));
  for (const phone of [...room.children]) if (!here.has(phone.id)) phone.remove();
  for (const visitor of state.visitors) {
    const phone = $(`v-${visitor.id}`) ?? room.insertBefore(newPhone(visitor), room.firstChild);
    update(phone, visitor);
  }
}

function newPhone(visitor) {
  const text = el("textarea", { rows: 1, maxlength: 4000, "aria-label": w.write, placeholder: w.write });
  const send = async () => {
    const value = text.value.trim();
    if (!value) return;
    text.value = "";
    choose(visitor.id);
    if (await act("POST", `/visitors/${visitor.id}/messages`, { text: value }) === undefined) text.value ||= value;
  };
  let typed = 0;
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  });
  text.addEventListener("input", () => {
    if (Date.now() - typed > 3000) { typed = Date.now(); act("POST", `/visitors/${visitor.id}/actions`, { action: "typing" }); }
  });
  const initials = visitor.name.split(" ").map((part) => part[0]).slice(0, 2).join("");
  return el("article", { class: "phone", id: `v-${visitor.id}` },
    el("header", {},
      el("span", { class: "face", "aria-hidden": "true" }, initials),
      el("button", { type: "button", class: "who", title: w.show, onclick: () => choose(visitor.id, true) },
        el("b", {}, visitor.name), el("small", {})),
      el("button", { type: "button", class: "icon", title: w.offline, "aria-label": w.offline,
        onclick: () => act("POST", `/visitors/${visitor.id}/actions`, { action: "offline" }) },
      icon("M3 3l18 18M8.5 16.4a5 5 0 0 1 7 0M5 12.9a10 10 0 0 1 5-2.7M19 12.9a10 10 0 0 0-2.1-1.5M12 20h.01")),
      el("button", { type: "button", class: "icon", title: w.leave, "aria-label": w.leave,
        onclick: () => act("DELETE", `/visitors/${visitor.id}`) }, icon("M6 6l12 12M18 6L6 18"))),
    el("ol", { class: "talk", role: "log", tabindex: "0", "aria-label": visitor.name }),
    el("div", { class: "types" }),
    el("form", { onsubmit: (event) => { event.preventDefault(); send(); } }, text,
      el("button", { class: "main", "aria-label": w.send, title: w.send }, icon("M4 12l16-8-6 16-3-6z"))));
}

function update(phone, visitor) {
  const account = state.accounts.find((one) => one.code === visitor.account)?.title ?? visitor.account;
  const contact = visitor.contact;
  const place = contact?.position ? ` · ${fill(w.place, { n: contact.position })}` : "";
  phone.classList.toggle("chosen", visitor.id === chosen);
  phone.querySelector(".face").classList.toggle("away", !visitor.online);
  phone.querySelector(".face").title = visitor.online ? w.online : w.away;
  phone.querySelector("small").textContent = contact ? `№ ${contact.number} · ${account}${place}` : `${account} · ${visitor.online ? w.none : w.away}`;
  phone.querySelector(".types").textContent = visitor.typing ? w.operator_types : visitor.online ? "" : w.away;
  const talk = phone.querySelector(".talk");
  const drawn = JSON.stringify(visitor.lines);
  if (talk.dataset.drawn === drawn) return;
  talk.dataset.drawn = drawn;
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
  talk.replaceChildren(...visitor.lines.map(line));
  if (atEnd) talk.scrollTop = talk.scrollHeight;
}

function line(one) {
  if (one.sender === "system") return el("li", { class: "sys" }, fill(w[one.code] ?? "…", { name: one.name ?? "" }));
  const mine = one.sender === "visitor";
  const meta = mine && one.tries > 1 && one.answers > 0
    ? el("span", { class: "meta twice" }, `${clock(one.at)} · ${fill(w.times, { n: one.tries })} · ${w[one.status] ?? ""}`)
    : el("span", { class: one.status === "failed" ? "meta bad" : "meta" },
      mine ? `${clock(one.at)} · ${w[one.status] ?? one.status}` : `${one.name ?? ""} ${clock(one.at)}`);
  return el("li", { class: mine ? "me" : "" }, el("span", { class: "b" }, one.text || w.file), meta);
}

function choose(id, look = false) {
  chosen = id;
  traced = "";
  show();
  trace();
  if (look) tab("way");
}

// --- the way of a contact ----------------------------------------------------------------------

async function trace() {
  const visitor = state.visitors.find((one) => one.id === chosen);
  try {
    const numbers = { mail: () => post.number(), phones: () => handsets.number(), chat: () => visitor?.contact?.number };
    const number = await numbers[mode]();
    if (!number) {
      traced = "";
      $("way").replaceChildren(el("div", { class: "empty" }, el("h2", {}, told(mode).choose), el("p", {}, told(mode).choose_text)));
      return;
    }
    const found = await ask("GET", `/trace/${number}`);
    const drawn = JSON.stringify([number, found.steps, found.events.length, lang]);
    if (drawn === traced) return;
    traced = drawn;
    const open = new Set([...$("way").querySelectorAll("details[open]")].map((one) => one.dataset.key));
    $("way").replaceChildren(...wayOf(found, open));
  } catch (error) { say(error.message); }
}

function wayOf(found, open) {
  const contact = found.contact;
  const done = new Set(found.steps.map((step) => step.stage));
  return [
    el("h2", {}, `${w.contact} № ${contact.number} · ${contact.client}`),
    el("p", { class: "sum" }, totals(found.steps)),
    el("ol", { class: "floors" }, ...STAGES.map((stage) => el("li", { class: done.has(stage) ? "done" : "" }, stageWord(stage)))),
    el("h3", {}, w.steps),
    el("ol", { class: "steps" }, ...found.steps.map((step, at) => stepOf(step, found.steps[at - 1], `${at}`, open))),
    el("h3", {}, `${w.log} (${found.events.length})`),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": w.log }, table(found.events)),
  ];
}

function stageWord(stage) { return w[`stage_${stage}`] ?? w[stage]; }

function totals(steps) {
  const first = (stage, about) => steps.find((step) => step.stage === stage && (!about || step.about === about));
  const begin = first("received") ?? first("stored");
  const between = (step, unit) => step && begin ? Math.max(0, Math.round((new Date(step.at) - new Date(begin.at)) / unit * 10) / 10) : null;
  const values = { stored: between(first("stored"), 1), offer: between(first("offer"), 1), answer: between(first("answer", "sent"), 1000) };
  return Object.entries(values).filter(([, value]) => value != null).map(([name, value]) => fill(w.totals[name], { value })).join(" · ");
}

function stepOf(step, before, key, open) {
  const gap = before ? new Date(step.at) - new Date(before.at) : 0;
  const shown = Object.entries(step.data).filter(([, value]) => value != null && value !== "");
  return el("li", {},
    el("time", { datetime: step.at }, clock(step.at, true), el("small", {}, before ? `+${gap < 10000 ? `${gap} ms` : `${Math.round(gap / 1000)} s`}` : "")),
    el("span", { class: `dot ${step.stage}`, "aria-hidden": "true" }),
    el("div", {}, el("p", {}, el("b", {}, `${stageWord(step.stage)}. `), fill(w.about[step.about] ?? step.about, step.data)),
      el("details", { "data-key": key, open: open.has(key) }, el("summary", {}, w.data),
        el("dl", {}, ...shown.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, typeof value === "object" ? JSON.stringify(value) : String(value))])))));
}

function table(events) {
  const head = ["seq", "xid", "kind", "v", "actor", "at"];
  return el("table", {},
    el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, ...events.map((event) => el("tr", { title: JSON.stringify(event.data) },
      ...[event.seq, event.xid, event.kind, event.version, event.actor.slice(0, 18), clock(event.at, true)].map((value) => el("td", {}, String(value)))))));
}

// --- running -----------------------------------------------------------------------------------

async function follow() {
  for (;;) {
    try {
      const news = await ask("GET", `/state?after=${state.number}&wait=${document.hidden ? 20 : 15}`);
      if (news.number < state.number) traced = "";
      state = news;
      if ($("said").textContent === w.broken) say("");
      accounts();
      if (!state.visitors.some((one) => one.id === chosen)) chosen = state.visitors.at(-1)?.id ?? null;
      show();
    } catch {
      say(w.broken);
      state.number = -1;
      await new Promise((done) => setTimeout(done, 1500));
    }
    await new Promise((done) => setTimeout(done, 120));
  }
}

async function followMail() {
  for (;;) {
    try {
      if (mode === "mail") post.take(await ask("GET", `/mail/state?after=${post.since()}&wait=5`));
    } catch {
      post.lost();
      await new Promise((done) => setTimeout(done, 1500));
    }
    await new Promise((done) => setTimeout(done, 150));
  }
}

function accounts() {
  const select = $("account");
  if (select.options.length === state.accounts.length) return;
  select.replaceChildren(...state.accounts.map((one) => el("option", { value: one.code }, one.title)));
}

$("invite").addEventListener("click", () => act("POST", "/visitors", { account: $("account").value }));
$("scenarios").addEventListener("click", (event) => {
  const name = event.target.closest("button")?.dataset.play;
  if (name) act("POST", "/scenarios", { scenario: name });
});
$("invite-mail").addEventListener("click", async () => {
  const person = await act("POST", "/mail/people");
  if (!person) return;
  post.take(await ask("GET", "/mail/state"));
  post.choose(person.id);
});
$("new-phone").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { channel, name } = event.target.elements;
  const called = name.value;
  name.value = "";
  if (!await handsets.add(channel.value, called)) name.value = called;
});
for (const button of document.querySelectorAll(".modes button")) button.addEventListener("click", () => { turn(button.dataset.mode); traced = ""; trace(); });
$("clear").addEventListener("click", () => act("DELETE", "/visitors"));
$("lang").addEventListener("click", () => { lang = lang === "ru" ? "en" : "ru"; keep("cc.lang", lang); dress(); });
$("theme").addEventListener("click", () => { theme = theme === "dark" ? "light" : "dark"; keep("cc.theme", theme); dress(); });
for (const name of ["visitors", "way"]) $(`tab-${name}`).addEventListener("click", () => tab(name));
document.addEventListener("visibilitychange", () => { if (!document.hidden) trace(); });

const post = mailbox({ el, icon, ask, act, clock, room: $("mail"), traced: () => { traced = ""; trace(); } });
const handsets = phones({ el, icon, ask, act, say, clock, room: $("phones"), traced: () => { traced = ""; trace(); }, look: () => tab("way") });
tab("visitors");
dress();
follow();
followMail();
setInterval(() => { if (!document.hidden && (chosen || mode !== "chat")) trace(); }, 1200);
