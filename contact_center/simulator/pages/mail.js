// The mailboxes of invented people, and the faults of the servers between them and the house.
import { mailWords } from "/simulator/mail-words.js";
import { fill } from "/simulator/words.js";

const MAX_FILE = 500 * 1024;
const CROSS = "M6 6l12 12M18 6L6 18";

export function mailbox({ el, icon, ask, act, clock, room, traced }) {
  let w = mailWords.en;
  let state = { number: -1, people: [], house: {}, imap: {}, smtp: {}, available: true };
  let chosen = null;
  let looked = null; // the mail whose contact is shown
  let drawn = "";

  // --- standing parts --------------------------------------------------------------------------

  const people = el("div", { class: "people" });
  const faults = el("section", { class: "faults" });
  const box = el("section", { class: "box" });
  const side = el("div", { class: "side" }, people, faults);
  room.append(side, box);

  const composer = (() => {
    const note = el("p", { class: "answering" });
    const subject = el("input", { maxlength: 400, name: "subject" });
    const text = el("textarea", { rows: 5, maxlength: 200000, required: true, name: "text" });
    const html = el("input", { type: "checkbox", name: "html" });
    const file = el("input", { type: "file", name: "file" });
    const forged = el("input", { maxlength: 300, name: "forged" });
    const labels = { subject: el("span"), text: el("span"), html: el("span"), file: el("span"), forge: el("summary"), forged: el("span") };
    const hint = el("small");
    const send = el("button", { class: "main" });
    const cancel = el("button", { type: "button", class: "plain", onclick: () => close() });
    const form = el("form", { class: "composer", hidden: true, onsubmit: submit }, note,
      el("label", {}, labels.subject, subject), el("label", {}, labels.text, text),
      el("div", { class: "row" }, el("label", { class: "check" }, html, labels.html), el("label", { class: "pick" }, labels.file, file)),
      el("details", {}, labels.forge, el("label", {}, labels.forged, forged), hint),
      el("div", { class: "row" }, send, cancel));
    let answers = null;
    function open(item = null) {
      answers = item?.id ?? null;
      form.hidden = false;
      note.textContent = item ? fill(w.answering, { subject: item.subject || w.no_subject }) : "";
      subject.value = item ? (/^re:/i.test(item.subject) ? item.subject : `Re: ${item.subject}`) : "";
      (item ? text : subject).focus();
    }
    function close() { form.hidden = true; form.reset(); answers = null; }
    async function submit(event) {
      event.preventDefault();
      const body = { subject: subject.value, text: text.value, html: html.checked, forged: forged.value, answers };
      const given = file.files[0];
      if (given) {
        if (given.size > MAX_FILE) { file.setCustomValidity(w.too_large); file.reportValidity(); return; }
        body.file = { name: given.name, type: given.type, content: await base64(given) };
      }
      send.disabled = true;
      const item = await act("POST", `/mail/people/${chosen}/mails`, body);
      send.disabled = false;
      if (item) { close(); look(item.id); }
    }
    file.addEventListener("change", () => file.setCustomValidity(""));
    function dress() {
      for (const [name, node] of Object.entries(labels)) node.textContent = w[name];
      hint.textContent = w.forge_hint;
      send.textContent = w.send;
      cancel.textContent = w.cancel;
    }
    return { form, open, close, dress };
  })();

  // --- drawing ---------------------------------------------------------------------------------

  function show() {
    const shape = JSON.stringify([state, chosen, looked, w.mail]);
    if (shape === drawn) return;
    drawn = shape;
    drawPeople();
    drawFaults();
    drawBox();
  }

  function drawPeople() {
    people.replaceChildren(...state.people.map((one) => el("button", {
      type: "button", class: "person", "aria-pressed": String(one.id === chosen), onclick: () => choose(one.id),
    }, el("b", {}, one.name), el("small", {}, one.address), one.unread ? el("span", { class: "new" }, fill(w.unread, { n: one.unread })) : null)));
  }

  function drawFaults() {
    if (faults.contains(document.activeElement) && faults.childElementCount) return update();
    faults.replaceChildren(el("h2", {}, w.faults), ...["imap", "smtp"].map((server) => {
      const select = el("select", { id: `fault-${server}`, "aria-describedby": `about-${server}`,
        onchange: () => act("PUT", `/mail/faults/${server}`, { fault: select.value }) },
      ...Object.entries(w[`${server}_faults`]).map(([name, word]) => el("option", { value: name }, word)));
      return el("div", {}, el("label", { for: select.id }, w[server]), select, el("p", { id: `about-${server}` }));
    }));
    return update();
  }

  function update() {
    for (const server of ["imap", "smtp"]) {
      const fault = state[server].fault ?? "none";
      const select = faults.querySelector(`#fault-${server}`);
      if (select.value !== fault) select.value = fault;
      select.classList.toggle("wrong", fault !== "none");
      const told = server === "imap" ? fill(w.connections, { n: state.imap.connections ?? 0 }) : "";
      faults.querySelector(`#about-${server}`).textContent = w.about[server][fault] || told;
    }
  }

  function drawBox() {
    const person = state.people.find((one) => one.id === chosen);
    if (!person) {
      const none = state.available ? [w.nobody, fill(w.nobody_text, { address: state.house.address })] : [w.off, w.off_text];
      box.replaceChildren(el("div", { class: "empty" }, el("h2", {}, none[0]), el("p", {}, none[1])));
      return;
    }
    const open = new Set([...box.querySelectorAll("details[open][data-key]")].map((one) => one.dataset.key));
    const threads = Map.groupBy ? Map.groupBy(person.items, (item) => item.thread) : grouped(person.items);
    const newest = [...threads.values()].sort((a, b) => (a.at(-1).at < b.at(-1).at ? 1 : -1));
    const list = el("div", { class: "threads" }, ...newest.map((items) => thread(items, open)),
      newest.length ? null : el("div", { class: "empty" }, el("h2", {}, w.empty), el("p", {}, w.empty_text)));
    const head = el("header", {},
      el("div", { class: "whose" }, el("h2", {}, person.name), el("small", {}, person.address)),
      el("button", { type: "button", class: "main", onclick: () => composer.open() }, w.write),
      el("button", { type: "button", class: "icon", title: w.remove, "aria-label": w.remove,
        onclick: () => act("DELETE", `/mail/people/${person.id}`) }, icon(CROSS)));
    // The form stays where it is: somebody may be writing in it.
    if (composer.form.parentNode === box && box.childElementCount === 3) {
      box.firstElementChild.replaceWith(head);
      box.lastElementChild.replaceWith(list);
    } else box.replaceChildren(head, composer.form, list);
  }

  function thread(items, open) {
    return el("section", { class: "mails" }, el("h3", {}, items[0].subject || w.no_subject),
      ...items.map((item) => mail(item, open)));
  }

  function mail(item, open) {
    const [own, quoted] = parted(item.text);
    const more = (key, word, ...inner) => el("details", { "data-key": `${item.id}-${key}`, open: open.has(`${item.id}-${key}`) }, el("summary", {}, word), ...inner);
    const button = (word, does, hint) => el("button", { type: "button", title: hint, onclick: does }, word);
    const path = `/mail/people/${chosen}/mails/${item.id}`;
    const kind = w.kinds[item.kind];
    return el("article", { class: `mail${item.mine ? " mine" : ""}${item.id === looked ? " looked" : ""}`, "data-id": item.id },
      el("button", { type: "button", class: "line", onclick: () => look(item.id), title: `${w.to}: ${item.to}` },
        el("b", {}, item.from), el("span", {}, `${item.mine ? w.sent : w.came} ${clock(item.at)}`), kind ? el("span", { class: "kind" }, kind) : null),
      el("p", { class: "body" }, own),
      quoted ? more("quote", w.quoted, el("p", { class: "body quoted" }, quoted)) : null,
      item.files.length ? el("p", { class: "files" }, ...item.files.map((file) => el("span", {}, `${file.name || file.type} · ${Math.ceil(file.size / 1024)} kB`))) : null,
      el("div", { class: "row" },
        item.mine ? null : button(w.reply, () => composer.open(item)),
        item.mine ? null : button(w.absence, () => act("POST", `${path}/answers`, { how: "absence" }), w.absence_hint),
        item.mine ? null : button(w.bounce, () => act("POST", `${path}/answers`, { how: "bounce" }), w.bounce_hint),
        el("a", { href: `/simulator/api${path}/raw`, target: "_blank" }, w.raw)),
      more("headers", w.headers, el("pre", { tabindex: "0" }, item.headers)),
      item.html ? more("html", w.page, el("iframe", { sandbox: true, title: w.page, srcdoc: item.html })) : null);
  }

  // --- doing -----------------------------------------------------------------------------------

  function choose(id) {
    if (chosen !== id) { composer.close(); chosen = id; }
    const person = state.people.find((one) => one.id === id);
    if (person?.unread) act("POST", `/mail/people/${id}/seen`);
    look(person?.items.at(-1)?.id ?? null);
  }

  function look(id) {
    looked = id;
    drawn = "";
    show();
    traced();
  }

  function take(news) {
    const before = state.people.find((one) => one.id === chosen)?.items.length ?? 0;
    state = news;
    if (!state.people.some((one) => one.id === chosen)) chosen = state.people.at(-1)?.id ?? null;
    const items = state.people.find((one) => one.id === chosen)?.items ?? [];
    const person = state.people.find((one) => one.id === chosen);
    if (person?.unread && !document.hidden) act("POST", `/mail/people/${chosen}/seen`);
    if (!items.some((one) => one.id === looked) || items.length > before) looked = items.at(-1)?.id ?? null;
    show();
  }

  async function number() {
    return looked ? (await ask("GET", `/mail/people/${chosen}/mails/${looked}/contact`)).number : null;
  }

  return {
    number, take, choose,
    since: () => state.number,
    lost: () => { state.number = -1; },
    words: () => w,
    dress(lang) { w = mailWords[lang]; drawn = ""; faults.replaceChildren(); composer.dress(); show(); },
  };
}

function grouped(items) {
  const found = new Map();
  for (const item of items) found.set(item.thread, [...(found.get(item.thread) ?? []), item]);
  return found;
}

function parted(text) {
  const lines = text.trimEnd().split("\n");
  const at = lines.findIndex((line) => line.startsWith(">"));
  if (at < 1) return [text.trim(), ""];
  const intro = lines[at - 1].trim() ? at - 1 : at;
  return [lines.slice(0, intro).join("\n").trim(), lines.slice(intro).join("\n")];
}

function base64(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",", 2)[1] ?? "");
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
}
