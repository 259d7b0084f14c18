// Phones of invented clients, and the faults of the providers behind them. The server side of the
// simulator keeps both; the state comes over server-sent events, whole, whenever it has changed.
import { bubbles } from "/simulator/bubbles.js";
import { faultPanel } from "/simulator/faults.js";
import { makePhone } from "/simulator/phone.js";
import { phonesWords } from "/simulator/phones-words.js";
import { fill } from "/simulator/words.js";

export function phones({ el, icon, ask, act, say, clock, room, traced, look }) {
  let w = phonesWords.en;
  let state = { lines: {}, phones: [], faults: {} };
  let chosen = null;
  let stream = null;
  let wanted = null; // just added: it is gone to as soon as it is there
  const made = new Map();
  const grid = el("div", { class: "devices" });
  const side = el("div", { class: "trouble" });
  room.append(grid, side);
  const draw = bubbles({ el, icon, clock });
  const faults = faultPanel({ el, act, room: side });

  function show() {
    faults.show(state.faults);
    const here = new Set(state.phones.map((one) => one.id));
    for (const [id, phone] of made) if (!here.has(id)) { phone.node.remove(); made.delete(id); }
    grid.querySelector(".empty")?.remove();
    for (const one of state.phones) {
      if (!made.has(one.id)) {
        made.set(one.id, makePhone({ el, icon, clock, act, say, bubbles: draw, words: w, phone: one, line: state.lines[one.channel], choose: (far) => choose(one.id, far) }));
        grid.append(made.get(one.id).node);
      }
      made.get(one.id).update(one, one.id === chosen);
      if (one.id === wanted) { wanted = null; made.get(one.id).enter(); }
    }
    if (!state.phones.length) grid.replaceChildren(el("div", { class: "empty" }, el("h2", {}, w.nobody), el("p", {}, fill(w.nobody_text, state.lines))));
  }

  function choose(id, far = false) {
    if (chosen !== id) { chosen = id; show(); traced(); }
    if (far) look();
  }

  function follow() {
    if (stream) return;
    stream = new EventSource("/simulator/api/phones/live");
    stream.onopen = () => say("");
    stream.onerror = () => say(w.broken);
    stream.onmessage = (event) => {
      state = JSON.parse(event.data);
      if (!state.phones.some((one) => one.id === chosen)) chosen = state.phones[0]?.id ?? null;
      show();
    };
  }

  return {
    follow,
    leave() { stream?.close(); stream = null; },
    words: () => w,
    async number() { return chosen ? (await ask("GET", `/phones/${chosen}/contact`)).number : null; },
    async add(channel, name) {
      const phone = await act("POST", "/phones", { channel, name });
      if (phone) { wanted = phone.id; choose(phone.id); }
      return phone;
    },
    dress(lang) {
      w = phonesWords[lang];
      draw.dress(w);
      faults.dress(w);
      made.clear();
      grid.replaceChildren();
      show();
    },
  };
}
