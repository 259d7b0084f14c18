// The faults of the fake providers: a switch for each, what happened, one button to mend it all.
import { fill } from "/simulator/words.js";

export function faultPanel({ el, act, room }) {
  let w = {};
  const cards = new Map();

  function card(channel) {
    const counts = el("p", { class: "sums" });
    const words = el("p", { class: "lastwords" });
    const groups = new Map(["requests", "reports"].map((part) => [part, el("div", { class: "switches", role: "group" })]));
    const reset = el("button", { type: "button", class: "plain", onclick: () => act("DELETE", `/phones/faults/${channel}`) }, w.reset);
    reset.setAttribute("aria-label", fill(w.reset_of, { channel: w[channel] }));
    const body = [...groups].flatMap(([part, group]) => {
      const head = el("h3", { id: `${channel}-${part}` }, w[`of_${part}`]);
      group.setAttribute("aria-labelledby", head.id);
      return [head, group];
    });
    const node = el("section", { class: `troubles ${channel}`, "aria-label": `${w.faults}: ${w[channel]}` },
      el("header", {}, el("span", { class: "badge", "aria-hidden": "true" }), el("h2", {}, w[channel]), reset), counts, words, ...body);
    return { node, counts, words, groups, rows: new Map() };
  }

  function row(made, channel, one) {
    const [name, hint] = w.fault[one.name];
    const box = el("input", { type: "checkbox", role: "switch", id: `${channel}-${one.name}`, "aria-describedby": `${channel}-${one.name}-about`,
      onchange: () => act("PUT", `/phones/faults/${channel}/${one.name}`, { on: box.checked }) });
    const count = el("span", { class: "count" });
    const node = el("div", { class: "switch" }, box, el("label", { for: box.id, title: hint }, name), count, el("small", { id: `${channel}-${one.name}-about` }, hint));
    made.rows.set(one.name, { box, count, node });
    return node;
  }

  function show(faults) {
    for (const channel of Object.keys(faults)) {
      const told = faults[channel];
      if (!cards.has(channel)) { cards.set(channel, card(channel)); room.append(cards.get(channel).node); }
      const made = cards.get(channel);
      made.counts.textContent = fill(w.counts, told.events) + (told.waiting ? ` · ${fill(w.waiting, { n: told.waiting })}` : "");
      made.words.textContent = told.words ? fill(w.words, { text: told.words }) : "";
      for (const part of ["requests", "reports"]) {
        for (const one of told[part]) {
          if (!made.rows.has(one.name)) made.groups.get(part).append(row(made, channel, one));
          const { box, count, node } = made.rows.get(one.name);
          if (box.checked !== one.on) box.checked = one.on;
          node.classList.toggle("on", one.on);
          count.textContent = one.count ? String(one.count) : "";
          count.title = one.count ? fill(w.times, { n: one.count }) : "";
        }
      }
    }
  }

  return { show, dress(words) { w = words; cards.clear(); room.replaceChildren(); } };
}
