/** HTML of a letter of ours as elements of the page: known tags without attributes, nothing else. */
import { createElement, type ReactNode, useMemo } from "react";
import css from "./letter.module.css";

const TAGS = new Set(["b", "blockquote", "br", "code", "div", "em", "i", "li", "ol", "p", "pre", "s", "span", "strong", "u", "ul"]);

function drawn(node: Node, key: number): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof HTMLElement)) return null;
  const name = node.tagName.toLowerCase();
  const inner = [...node.childNodes].map(drawn);
  if (name === "br") return <br key={key} />;
  const href = name === "a" ? (node.getAttribute("href") ?? "") : "";
  if (/^(?:https?:\/\/|mailto:|tel:)/i.test(href)) {
    return (
      <a key={key} href={href} target="_blank" rel="noopener noreferrer nofollow">
        {inner}
      </a>
    );
  }
  return createElement(TAGS.has(name) ? name : "span", { key }, ...inner);
}

export function Rich({ html }: { html: string }) {
  // A document without a window: nothing in it is loaded or run.
  const inner = useMemo(() => [...new DOMParser().parseFromString(html, "text/html").body.childNodes].map(drawn), [html]);
  return <div className={`${css.text} ${css.rich}`}>{inner}</div>;
}
