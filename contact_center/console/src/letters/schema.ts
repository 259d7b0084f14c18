/** The text of a letter of ours as a document: what may stand in it, how it becomes HTML and text. */
import { DOMParser, DOMSerializer, type Node, Schema } from "prosemirror-model";
import { bulletList, listItem, orderedList } from "prosemirror-schema-list";

const SAFE = /^(?:https?:\/\/|mailto:|tel:)/i;

/** An address as somebody types it, made whole; null where it may not be followed. */
export function linkOf(typed: string): string | null {
  const text = typed.trim();
  if (!text) return null;
  if (SAFE.test(text)) return text;
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return null;
  return /^\S+@\S+$/.test(text) ? `mailto:${text}` : `https://${text}`;
}

export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    // A line of its own, as mail programs write it: what one sees has the lines of the plain text.
    paragraph: { content: "inline*", group: "block", parseDOM: [{ tag: "p" }, { tag: "div" }], toDOM: () => ["div", 0] },
    blockquote: { content: "block+", group: "block", defining: true, parseDOM: [{ tag: "blockquote" }], toDOM: () => ["blockquote", 0] },
    ordered_list: { ...orderedList, content: "list_item+", group: "block", toDOM: () => ["ol", 0] },
    bullet_list: { ...bulletList, content: "list_item+", group: "block" },
    list_item: { ...listItem, content: "paragraph block*" },
    text: { group: "inline" },
    image: {
      inline: true,
      group: "inline",
      draggable: true,
      attrs: { src: {}, alt: { default: "" }, width: { default: null } },
      parseDOM: [{ tag: "img[src^='cid:']", getAttrs: (dom) => ({ src: dom.getAttribute("src"), alt: dom.getAttribute("alt") ?? "", width: dom.getAttribute("width") }) }],
      toDOM: ({ attrs }) => ["img", { src: attrs.src as string, alt: attrs.alt as string, ...(attrs.width ? { width: attrs.width as string } : {}) }],
    },
    hard_break: { inline: true, group: "inline", selectable: false, parseDOM: [{ tag: "br" }], toDOM: () => ["br"] },
  },
  marks: {
    link: {
      attrs: { href: {} },
      inclusive: false,
      parseDOM: [{ tag: "a[href]", getAttrs: (dom) => (SAFE.test((dom as HTMLElement).getAttribute("href") ?? "") ? { href: (dom as HTMLElement).getAttribute("href") } : false) }],
      toDOM: (mark) => ["a", { href: mark.attrs.href as string, rel: "noopener noreferrer" }, 0],
    },
    strong: { parseDOM: [{ tag: "strong" }, { tag: "b", getAttrs: (dom) => (dom as HTMLElement).style.fontWeight !== "normal" && null }], toDOM: () => ["strong", 0] },
    em: { parseDOM: [{ tag: "em" }, { tag: "i" }], toDOM: () => ["em", 0] },
    underline: { parseDOM: [{ tag: "u" }], toDOM: () => ["u", 0] },
  },
});

export function documentOf(html: string): Node {
  // A document of its own: nothing in it is loaded or run.
  const { body } = new globalThis.DOMParser().parseFromString(html, "text/html");
  for (const line of body.querySelectorAll("div, p")) if (line.childNodes.length === 1 && line.firstChild?.nodeName === "BR") line.replaceChildren();
  return DOMParser.fromSchema(schema).parse(body, { preserveWhitespace: true });
}

function shows(doc: Node): boolean {
  let found = false;
  doc.descendants(({ type }) => {
    found ||= type.name === "image";
  });
  return found;
}

export function htmlOf(doc: Node): string {
  if (!doc.textContent && doc.childCount <= 1 && doc.firstChild?.isTextblock && !shows(doc)) return "";
  // A document of its own: pictures are not looked for under the names they have in the letter.
  const inert = document.implementation.createHTMLDocument("");
  const box = inert.createElement("div");
  box.append(DOMSerializer.fromSchema(schema).serializeFragment(doc.content, { document: inert }));
  for (const line of box.querySelectorAll("div:empty")) line.append(inert.createElement("br"));
  return box.innerHTML;
}

function inlineText(node: Node): string {
  let out = "";
  node.forEach((child, _, at) => {
    if (child.type.name === "hard_break") out += "\n";
    if (child.type.name === "image") out += `[${String(child.attrs.alt)}]`;
    out += child.text ?? "";
    const link = child.marks.find((mark) => mark.type.name === "link");
    // Where the next piece has the same link it goes on there.
    const next = at + 1 < node.childCount ? node.child(at + 1) : null;
    if (!link || (next && link.isInSet(next.marks))) return;
    const href = String(link.attrs.href);
    if (!out.endsWith(href.replace(/^mailto:/, "")) && !out.endsWith(href.replace(/^https?:\/\//, ""))) out += ` <${href}>`;
  });
  return out;
}

function lines(node: Node): string[] {
  if (node.isTextblock) return inlineText(node).split("\n");
  const out: string[] = [];
  node.forEach((child, _, at) => {
    const inner = lines(child);
    if (child.type.name === "blockquote") out.push(...inner.map((line) => (line ? `> ${line}` : ">")));
    else if (child.type.name === "list_item") {
      const mark = node.type.name === "ordered_list" ? `${at + 1}. ` : "- ";
      out.push(...inner.map((line, row) => (row ? " ".repeat(mark.length) : mark) + line));
    } else out.push(...inner);
  });
  return out;
}

/** The same without any form. */
export function textOf(doc: Node): string {
  return lines(doc).map((line) => line.trimEnd()).join("\n").trimEnd();
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Plain text as HTML, line by line. */
export function htmlOfText(text: string): string {
  if (!text) return "";
  return text.split("\n").map((line) => `<div>${line.replaceAll(/[&<>]/g, (sign) => ESCAPES[sign] ?? sign) || "<br>"}</div>`).join("");
}
