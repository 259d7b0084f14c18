import { describe, expect, it } from "vitest";
import { htmlOfText, linkOf, schema, textOf } from "./schema";

const { doc, paragraph, bullet_list: bullets, ordered_list: numbers, list_item: item, blockquote } = schema.nodes;
const link = (href: string) => schema.marks.link.create({ href });
const p = (...texts: ReturnType<typeof schema.text>[]) => paragraph.create(null, texts);
const t = schema.text.bind(schema);

describe("the text of a letter", () => {
  it("has the lines that one sees", () => {
    expect(textOf(doc.create(null, [p(t("Раз")), p(), p(t("Два"), schema.nodes.hard_break.create() as never, t("три"))]))).toBe("Раз\n\nДва\nтри");
  });
  it("marks lists and quotes", () => {
    const list = bullets.create(null, [item.create(null, [p(t("чай"))]), item.create(null, [p(t("кофе"))])]);
    const steps = numbers.create(null, [item.create(null, [p(t("взять")), list])]);
    expect(textOf(doc.create(null, [steps, blockquote.create(null, [p(t("цитата")), p()])]))).toBe("1. взять\n   - чай\n   - кофе\n> цитата\n>");
  });
  it("tells where links lead, unless they say it themselves", () => {
    const said = p(t("здесь", [link("https://a.example/x")]), t(" и "), t("b.example", [link("https://b.example")]));
    expect(textOf(doc.create(null, [said]))).toBe("здесь <https://a.example/x> и b.example");
  });
});

it("plain text becomes lines of HTML", () => {
  expect(htmlOfText("a <b>\n\n& c")).toBe("<div>a &lt;b&gt;</div><div><br></div><div>&amp; c</div>");
});

it("links lead to the web, to mailboxes and telephones only", () => {
  expect(["a.example", "https://a.example", "v@a.example", "tel:+37517", "javascript:alert(1)", "data:text/html,x", " "].map(linkOf)).toEqual(["https://a.example", "https://a.example", "mailto:v@a.example", "tel:+37517", null, null, null]);
});
