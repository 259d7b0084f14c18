/** The small part of ICU MessageFormat we use: `{name}`, `{n, plural, one {…} other {…}}` with
 *  `#` and `=0`, and `{x, select, a {…} other {…}}`. Parsed once per text and kept. */

export type Params = Record<string, string | number | null | undefined>;
type Node =
  | string
  | { kind: "value"; name: string }
  | { kind: "plural" | "select"; name: string; cases: Record<string, Node[]> };

const parsed = new Map<string, Node[]>();
const rules = new Map<string, Intl.PluralRules>();

class Reader {
  at = 0;
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }

  nodes(inside: boolean): Node[] {
    const out: Node[] = [];
    let plain = "";
    while (this.at < this.text.length) {
      const sign = this.text[this.at] as string;
      if (sign === "}" && inside) break;
      if (sign === "{") {
        if (plain) out.push(plain);
        plain = "";
        out.push(this.placeholder());
      } else {
        plain += sign;
        this.at += 1;
      }
    }
    if (plain) out.push(plain);
    return out;
  }

  private placeholder(): Node {
    this.at += 1;
    const head = this.until(/[,}]/);
    const name = head.trim();
    if (this.text[this.at] === "}") {
      this.at += 1;
      return { kind: "value", name };
    }
    this.at += 1;
    const kind = this.until(/,/).trim();
    if (kind !== "plural" && kind !== "select") throw new Error(`unknown form ${kind}`);
    this.at += 1;
    return { kind, name, cases: this.cases() };
  }

  private cases(): Record<string, Node[]> {
    const cases: Record<string, Node[]> = {};
    while (this.at < this.text.length) {
      const label = this.until(/[{}]/).trim();
      if (this.text[this.at] === "}") break;
      this.at += 1;
      cases[label] = this.nodes(true);
      this.at += 1;
    }
    this.at += 1;
    if (!cases.other) throw new Error(`no "other" in: ${this.text}`);
    return cases;
  }

  private until(stop: RegExp): string {
    const start = this.at;
    while (this.at < this.text.length && !stop.test(this.text[this.at] as string)) this.at += 1;
    return this.text.slice(start, this.at);
  }
}

/** Parse a text; throws on a malformed one (the catalogue check relies on it). */
export function parse(text: string): Node[] {
  let nodes = parsed.get(text);
  if (!nodes) {
    nodes = new Reader(text).nodes(false);
    parsed.set(text, nodes);
  }
  return nodes;
}

function pluralRule(locale: string): Intl.PluralRules {
  let rule = rules.get(locale);
  if (!rule) {
    rule = new Intl.PluralRules(locale);
    rules.set(locale, rule);
  }
  return rule;
}

function render(nodes: Node[], locale: string, params: Params, count: number | null): string {
  let out = "";
  for (const node of nodes) {
    if (typeof node === "string") {
      out += count === null ? node : node.replaceAll("#", count.toLocaleString(locale));
      continue;
    }
    const value = params[node.name];
    if (node.kind === "value") {
      out += typeof value === "number" ? value.toLocaleString(locale) : (value ?? "");
    } else if (node.kind === "plural") {
      const n = Number(value ?? 0);
      const chosen =
        node.cases[`=${n}`] ?? node.cases[pluralRule(locale).select(n)] ?? node.cases.other;
      out += render(chosen ?? [], locale, params, n);
    } else {
      out += render(node.cases[String(value)] ?? node.cases.other ?? [], locale, params, count);
    }
  }
  return out;
}

/** The text in the given locale with the parameters put in. */
export function format(text: string, locale: string, params: Params = {}): string {
  if (!text.includes("{")) return text;
  return render(parse(text), locale, params, null);
}
