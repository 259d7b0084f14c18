/** HTML of a letter of ours as elements of the page: known tags without attributes, nothing else. */
import { createElement, type ReactNode, useMemo } from "react";
import type { Attachment } from "../api/types";
import { historyOf } from "./mail";
import { placeOf } from "./pictures";
import { useLetterWords } from "./texts";
import css from "./letter.module.css";

const TAGS = new Set(["b", "blockquote", "br", "code", "div", "em", "i", "li", "ol", "p", "pre", "s", "span", "strong", "u", "ul"]);

function drawn(node: Node, key: number, files: readonly Attachment[]): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof HTMLElement)) return null;
  const name = node.tagName.toLowerCase();
  const inner = [...node.childNodes].map((one, at) => drawn(one, at, files));
  if (name === "br") return <br key={key} />;
  if (name === "img") {
    const src = placeOf(node.getAttribute("src") ?? "", files);
    return src && <img key={key} className={css.picture} src={src} alt={node.getAttribute("alt") ?? ""} width={node.getAttribute("width") ?? undefined} />;
  }
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

const linesIn = (node: Node) => (node instanceof HTMLElement ? Math.max(1, node.querySelectorAll("div, p, li, br").length) : 1);

interface Run {
  history: boolean;
  nodes: Node[];
}

/** What is said and what is history, in runs. */
function runsOf(html: string): Run[] {
  // A document without a window: nothing in it is loaded or run.
  const nodes = [...new DOMParser().parseFromString(html, "text/html").body.childNodes];
  const history = historyOf(nodes.map((node) => ({ quote: node.nodeName === "BLOCKQUOTE", lines: linesIn(node), text: node.textContent ?? "" })));
  const runs: Run[] = [];
  for (const [at, node] of nodes.entries()) {
    const last = runs.at(-1);
    if (last && last.history === history[at]) last.nodes.push(node);
    else runs.push({ history: history[at] ?? false, nodes: [node] });
  }
  return runs;
}

export function Rich({ html, files }: { html: string; files: readonly Attachment[] }) {
  const { l } = useLetterWords();
  const runs = useMemo(() => runsOf(html), [html]);
  return (
    <div className={`${css.text} ${css.rich}`}>
      {runs.map(({ history, nodes }, at) =>
        history ? (
          <details key={at} className={css.quoted}>
            <summary>{l("text.quoted", { n: nodes.reduce((n, node) => n + linesIn(node), 0) })}</summary>
            {nodes.map((node, key) => drawn(node, key, files))}
          </details>
        ) : (
          nodes.map((node, key) => drawn(node, key, files))
        ),
      )}
    </div>
  );
}
