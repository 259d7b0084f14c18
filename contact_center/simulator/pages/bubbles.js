// A message as a phone draws it: marked text, files, albums, places, people, buttons, ticks.
import { fill } from "/simulator/words.js";

const TICKS = { waits: "M12 7v5l3 2M12 3a9 9 0 1 0 .01 0", taken: "M2 13l4 4L15 7M11 16l1 1L22 7", refused: "M12 7v6M12 17h.01M12 3a9 9 0 1 0 .01 0" };
const PIN = "M12 21s7-6.2 7-11.5A7 7 0 0 0 5 9.500C5 14.800 12 21 12 21zM12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z";
const LINKED = { url: (text) => (/^https?:/i.test(text) ? text : `https://${text}`), email: (text) => `mailto:${text}`, phone_number: (text) => `tel:${text}` };
const TAGS = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote", expandable_blockquote: "blockquote" };
export const DOTS = "M12 6h.01M12 12h.01M12 18h.01";
export const DOCUMENT = "M7 3h7l5 5v13H7zM14 3v5h5";

export function bubbles({ el, icon, clock }) {
  let w = {};

  // --- text ------------------------------------------------------------------------------------

  // Marks may lie within each other: the text is cut where any begins or ends, and each piece is
  // put into all that cover it.
  function marked(text, marks) {
    const edges = new Set([0, text.length]);
    for (const mark of marks) { edges.add(mark.offset); edges.add(mark.offset + mark.length); }
    const cuts = [...edges].filter((at) => at >= 0 && at <= text.length).sort((a, b) => a - b);
    return cuts.slice(0, -1).map((from, n) => {
      const piece = text.slice(from, cuts[n + 1]);
      return marks.filter((mark) => mark.offset <= from && mark.offset + mark.length >= cuts[n + 1])
        .reduceRight((inner, mark) => wrap(mark, text.slice(mark.offset, mark.offset + mark.length), inner), document.createTextNode(piece));
    });
  }

  function wrap(mark, whole, inner) {
    if (TAGS[mark.type]) return el(TAGS[mark.type], {}, inner);
    const href = mark.type === "text_link" ? mark.url : LINKED[mark.type]?.(whole);
    if (href && /^(https?|mailto|tel|tg):/i.test(href)) return el("a", { href, target: "_blank", rel: "noreferrer" }, inner);
    if (mark.type === "spoiler") return el("button", { type: "button", class: "spoiler", onclick: open }, el("span", { class: "sr" }, w.spoiler), el("span", { "aria-hidden": "true" }, inner));
    return el("span", { class: "mark" }, inner);
  }

  function open(event) {
    const told = el("span", { class: "spoiler open" }, ...event.currentTarget.lastElementChild.childNodes);
    event.currentTarget.replaceWith(told);
  }

  // --- files -----------------------------------------------------------------------------------

  function size(bytes) {
    return bytes < 1_000_000 ? fill(w.bytes, { n: Math.max(1, Math.round(bytes / 1000)) }) : fill(w.megabytes, { n: (bytes / 1e6).toFixed(1) });
  }

  function file(one) {
    const name = one.name || w[one.kind] || w.document;
    if (one.inline && ["photo", "animation", "sticker"].includes(one.kind)) {
      const image = el("img", { src: one.url, alt: one.kind === "sticker" ? fill(w.sticker, { emoji: "" }).trim() : name, loading: "lazy", class: one.kind });
      return one.kind === "sticker" ? image : el("a", { href: one.url, target: "_blank", class: "shot" }, image);
    }
    if (one.inline && ["video", "video_note"].includes(one.kind)) return el("video", { src: one.url, controls: true, preload: "metadata", "aria-label": name });
    if (one.inline && ["voice", "audio"].includes(one.kind)) return player(one, one.kind === "voice" ? w.voice_note : name);
    return el("a", { class: "paper", href: one.url, download: name }, icon(DOCUMENT), el("span", {}, el("b", {}, name), el("small", {}, size(one.size))));
  }

  function player(one, name) {
    const sound = new Audio(one.url);
    sound.preload = "none";
    const button = el("button", { type: "button", class: "play", "aria-label": `${w.play}: ${name}` }, icon("M8 5v14l11-7z"));
    const line = el("progress", { max: 1, value: 0, "aria-label": w.position });
    const time = el("small", {}, length(one.seconds));
    const draw = () => {
      const word = sound.paused ? w.play : w.pause;
      button.setAttribute("aria-label", `${word}: ${name}`);
      button.replaceChildren(icon(sound.paused ? "M8 5v14l11-7z" : "M8 5v14M16 5v14"));
    };
    button.addEventListener("click", () => (sound.paused ? sound.play() : sound.pause()));
    for (const kind of ["play", "pause", "ended"]) sound.addEventListener(kind, draw);
    sound.addEventListener("timeupdate", () => {
      const whole = Number.isFinite(sound.duration) ? sound.duration : one.seconds || 1;
      line.value = Math.min(1, sound.currentTime / whole);
      time.textContent = length(sound.currentTime || one.seconds);
    });
    return el("span", { class: "voice" }, button, line, time);
  }

  function length(seconds) { return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`; }

  // --- other things ----------------------------------------------------------------------------

  function place(one) {
    const at = `${one.latitude.toFixed(4)}, ${one.longitude.toFixed(4)}`;
    const href = `https://www.openstreetmap.org/?mlat=${one.latitude}&mlon=${one.longitude}#map=16/${one.latitude}/${one.longitude}`;
    return el("a", { class: "map", href, target: "_blank", rel: "noreferrer", title: w.map },
      el("span", { class: "ground", "aria-hidden": "true" }, icon(PIN)), el("span", { class: "where" }, el("b", {}, one.title || w.place), el("small", {}, one.address || at)));
  }

  function person(one) {
    return el("span", { class: "card" }, el("span", { class: "face", "aria-hidden": "true" }, one.name.slice(0, 1)), el("span", {}, el("b", {}, one.name), el("small", {}, one.phone)));
  }

  function quote(reply) {
    return el("span", { class: "quote" }, reply.text || w[reply.kind] || "…");
  }

  function meta(item) {
    const told = item.state === "refused" ? fill(w.refused, { why: item.why }) : w[item.state];
    return el("span", { class: `meta ${item.state}` },
      item.edited ? el("span", {}, w.edited) : null, el("time", { datetime: item.at }, clock(item.at)),
      item.mine ? el("span", { class: "tick", title: told }, icon(TICKS[item.state] ?? TICKS.waits), el("span", { class: "sr" }, told)) : null);
  }

  function buttons(item, pressing, press) {
    return el("span", { class: "keys" }, ...item.buttons.map((row) => el("span", { class: "keyrow" }, ...row.map((one) => (one.url
      ? el("a", { href: one.url, target: "_blank", rel: "noreferrer" }, one.text)
      : el("button", { type: "button", "aria-busy": String(pressing === one.value), onclick: () => press(item, one.value) }, one.text))))));
  }

  // --- one message, or one album ---------------------------------------------------------------

  function draw(items, { pressing, press, menu }) {
    const [first] = items, last = items.at(-1);
    const bare = first.files[0]?.kind === "sticker";
    const worded = items.find((item) => item.text);
    const inner = [
      first.reply ? quote(first.reply) : null,
      items.length > 1 ? el("span", { class: `grid n${Math.min(items.length, 4)}`, role: "group", "aria-label": fill(w.album, { n: items.length }) }, ...items.flatMap((item) => item.files.map(file))) : null,
      ...(items.length > 1 ? [] : first.files.map(file)),
      first.place ? place(first.place) : null, first.person ? person(first.person) : null,
      worded ? el("span", { class: "text" }, ...marked(worded.text, worded.marks)) : null,
      meta(items.find((item) => item.state !== "taken") ?? last),
    ];
    return el("div", { class: `msg ${first.mine ? "me" : "them"}${bare ? " bare" : ""}`, "data-id": first.id },
      el("span", { class: "line" }, el("span", { class: "b" }, el("span", { class: "sr" }, `${first.mine ? w.you : w.them}: `), ...inner), menu(worded ?? first, items)),
      last.buttons.length ? buttons(last, pressing[last.id], press) : null);
  }

  return { draw, dress(words) { w = words; } };
}
