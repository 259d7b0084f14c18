// One phone: its screen, what can be written and sent with it, what can be done with a message.
import { DOTS } from "/simulator/bubbles.js";
import { fill } from "/simulator/words.js";

const MOST_FILES = 10, MOST_BYTES = 20e6;
const STICKERS = ["👍", "❤️", "😂", "😊", "😢"];
const CROSS = "M6 6l12 12M18 6L6 18";
const CLIP = "M12 5v14M5 12h14";
const SEND = "M4 12l16-8-6 16-3-6z";

export function makePhone({ el, icon, clock, act, say, bubbles, words, phone, line, choose }) {
  const w = words, path = `/phones/${phone.id}`;
  const telegram = phone.channel === "telegram";
  let answering = null, editing = null;
  const drawn = new Map();

  // --- what stands -----------------------------------------------------------------------------

  const under = el("small", {});
  const time = el("span", {});
  const talk = el("div", { class: "talk", role: "log", tabindex: "0", "aria-label": fill(w.client, { name: phone.name }) });
  const note = el("p", { class: "barred", hidden: true });
  const about = el("div", { class: "about", hidden: true });
  const text = el("textarea", { rows: 1, maxlength: 4096, "aria-label": telegram ? w.write : w.sms_write, placeholder: telegram ? w.write : w.sms_write });
  const files = el("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-hidden": "true" });
  const menu = el("div", { class: "menu" });
  const attach = el("details", { class: "attach" }, el("summary", { "aria-label": w.attach, title: w.attach }, icon(CLIP)), menu);
  const form = el("form", {}, attach, files, text, el("button", { class: "go", "aria-label": w.send, title: w.send }, icon(SEND)));
  const node = el("article", { class: `device ${phone.channel}`, id: `p-${phone.id}`, "aria-label": `${w[phone.channel]}: ${phone.name}` },
    el("div", { class: "glass" },
      el("div", { class: "status", "aria-hidden": "true" }, time, el("span", { class: "island" }), icon("M2 17v3M7 13v7M12 9v11M17 5v15")),
      el("header", {},
        el("span", { class: "face", "aria-hidden": "true" }, phone.name.split(" ").map((part) => part[0]).slice(0, 2).join("")),
        el("button", { type: "button", class: "who", title: w.show, onclick: () => choose(true) }, el("b", {}, phone.name), under),
        el("button", { type: "button", class: "icon", title: w.put_away, "aria-label": w.put_away, onclick: () => act("DELETE", path) }, icon(CROSS))),
      talk, note, about, form));

  // --- sending ---------------------------------------------------------------------------------

  function put(parts) {
    const body = new FormData();
    if (answering) body.append("reply_to", answering.id);
    for (const [name, value, called] of parts) called ? body.append(name, value, called) : body.append(name, value);
    aside();
    choose();
    return act("POST", `${path}/messages`, body);
  }

  function send() {
    const value = text.value.trim();
    if (!value) return;
    text.value = "";
    grow();
    if (!editing) { put([["text", value]]); return; }
    act("PATCH", `${path}/messages/${editing.id}`, { text: value });
    aside();
  }

  function sendFiles() {
    const given = [...files.files];
    files.value = "";
    if (!given.length) return;
    if (given.length > MOST_FILES || given.reduce((sum, one) => sum + one.size, 0) > MOST_BYTES) { say(w.too_large); return; }
    const caption = editing ? "" : text.value.trim();
    if (caption) { text.value = ""; grow(); }
    put([["text", caption], ...given.map((one) => ["file", one, one.name])]);
  }

  function sticker(emoji) {
    const canvas = el("canvas", { width: 512, height: 512 });
    const pen = canvas.getContext("2d");
    pen.font = "400px system-ui, 'Noto Color Emoji', sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(emoji, 256, 276);
    canvas.toBlob((picture) => put([["sticker", picture, "sticker.webp"]]), "image/webp");
  }

  function thing(kind) {
    act("POST", `${path}/things`, { kind, reply_to: answering?.id ?? null });
    aside();
    choose();
  }

  function entry(word, does) {
    return el("button", { type: "button", onclick: () => { attach.open = false; does(); } }, word);
  }

  function fillMenu(blocked) {
    const barred = telegram ? (blocked ? w.unblock : w.block) : (blocked ? w.start : w.stop);
    menu.replaceChildren(
      entry(w.files, () => files.click()), entry(w.voice, () => thing("voice")),
      ...(telegram ? [entry(w.location, () => thing("location")), entry(w.contact, () => thing("contact")),
        el("div", { class: "stickers" }, ...STICKERS.map((emoji) => el("button", { type: "button", "aria-label": fill(w.sticker, { emoji }), onclick: () => { attach.open = false; sticker(emoji); } }, emoji)))] : []),
      entry(barred, () => act("PUT", `${path}/blocked`, { blocked: !blocked })));
  }

  // --- with a message --------------------------------------------------------------------------

  function aside() { answering = editing = null; about.hidden = true; }

  function begin(item, edits) {
    answering = edits ? null : item;
    editing = edits ? item : null;
    if (edits) { text.value = item.text; grow(); }
    about.replaceChildren(el("span", {}, edits ? w.editing : `${w.replying} ${item.text || w[item.files[0]?.kind] || "…"}`),
      el("button", { type: "button", class: "icon", "aria-label": w.cancel, title: w.cancel, onclick: () => { if (editing) { text.value = ""; grow(); } aside(); } }, icon(CROSS)));
    about.hidden = false;
    text.focus();
  }

  function actions(item, items) {
    const button = (word, does, hint) => el("button", { type: "button", title: hint, onclick: (event) => { event.currentTarget.closest("details").open = false; does(); } }, word);
    return el("details", { class: "more" }, el("summary", { "aria-label": w.actions, title: w.actions }, icon(DOTS)),
      el("div", { class: "menu" },
        telegram ? button(w.reply, () => begin(item, false)) : null,
        telegram && item.mine && item.text ? button(w.edit, () => begin(item, true)) : null,
        button(w.remove, () => items.forEach((one) => act("DELETE", `${path}/messages/${one.id}`)), telegram ? w.remove_hint : undefined)));
  }

  function press(item, value) {
    choose();
    act("POST", `${path}/messages/${item.id}/presses`, { value });
  }

  // --- drawing ---------------------------------------------------------------------------------

  function update(news, chosen) {
    node.classList.toggle("chosen", chosen);
    under.textContent = news.typing ? w.types : `${w[phone.channel]} · ${telegram ? "@" : ""}${line}`;
    time.textContent = clock(new Date());
    under.classList.toggle("busy", news.typing);
    note.hidden = !news.blocked;
    note.textContent = news.blocked ? (telegram ? w.blocked : w.stopped) : "";
    form.hidden = telegram && news.blocked;
    if (telegram && news.blocked) note.append(" ", el("button", { type: "button", onclick: () => act("PUT", `${path}/blocked`, { blocked: false }) }, w.unblock));
    if (menu.dataset.blocked !== String(news.blocked)) { menu.dataset.blocked = String(news.blocked); fillMenu(news.blocked); }
    messages(news);
  }

  function messages(news) {
    const groups = [];
    for (const item of news.items) {
      const before = groups.at(-1);
      if (before && item.album && before[0].album === item.album) before.push(item);
      else groups.push([item]);
    }
    const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
    const nodes = groups.map((items) => {
      const key = items[0].id, shape = JSON.stringify([items, news.pressing[items.at(-1).id]]);
      if (drawn.get(key)?.shape !== shape) drawn.set(key, { shape, node: bubbles.draw(items, { pressing: news.pressing, press, menu: actions }) });
      return drawn.get(key).node;
    });
    for (const key of drawn.keys()) if (!groups.some((items) => items[0].id === key)) drawn.delete(key);
    if (!nodes.length) nodes.push(el("div", { class: "msg hint" }, el("b", {}, w.empty), telegram ? w.empty_telegram : w.empty_sms));
    if (nodes.length !== talk.childElementCount || nodes.some((one, at) => talk.children[at] !== one)) {
      if (!(groups.length === 0 && talk.querySelector(".hint"))) talk.replaceChildren(...nodes);
      if (atEnd) talk.scrollTop = talk.scrollHeight;
    }
  }

  function grow() {
    text.style.blockSize = "";
    text.style.blockSize = `${Math.min(120, text.scrollHeight + 2)}px`;
  }

  // --- listening -------------------------------------------------------------------------------

  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  files.addEventListener("change", sendFiles);
  text.addEventListener("input", grow);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
    if (event.key === "Escape" && (answering || editing)) { if (editing) text.value = ""; aside(); }
  });
  node.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && event.target.closest("details[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });
  node.addEventListener("focusout", (event) => {
    for (const open of node.querySelectorAll("details[open]")) if (!open.contains(event.relatedTarget) && event.relatedTarget) open.open = false;
  });
  node.addEventListener("click", (event) => {
    for (const open of node.querySelectorAll("details[open]")) if (!open.contains(event.target)) open.open = false;
  });

  function enter() { node.scrollIntoView({ block: "nearest" }); text.focus({ preventScroll: true }); }

  return { node, update, enter };
}
