import { expect, it } from "vitest";
import { attrsOf, idOf, isPicture, keep, placeOf, srcOf, withoutGone } from "./pictures";
import { schema, textOf } from "./schema";

const ID = "018f3a00-0000-7000-8000-000000000001";
const OTHER = "018f3a00-0000-7000-8000-000000000002";

it("a picture is called by the file it is", () => {
  expect([idOf(srcOf(ID)), idOf("cid:x@y"), idOf("https://a.example/x.png")]).toEqual([ID, null, null]);
  expect(placeOf(srcOf(ID), [{ id: ID, url: "/files/1?e=1" }])).toBe("/files/1?e=1&inline=true");
  expect([placeOf(srcOf(OTHER), [{ id: ID, url: "/x" }]), placeOf("cid:x", [])]).toEqual([null, null]);
});

it("only the newest of the chosen pictures are held", () => {
  for (let n = 0; n < 50; n += 1) keep(`018f3a00-0000-7000-8000-0000000001${String(n).padStart(2, "0")}`, new Blob(["x"]));
  const held = [0, 9, 10, 49].map((n) => placeOf(srcOf(`018f3a00-0000-7000-8000-0000000001${String(n).padStart(2, "0")}`), [])?.slice(0, 5) ?? null);
  expect(held).toEqual([null, null, "blob:", "blob:"]);
});

it("a wide picture is shown as wide as letters are read, a small one as it is", () => {
  expect([attrsOf({ id: ID, name: "a", width: 4000 }).width, attrsOf({ id: ID, name: "a", width: 80 }).width, attrsOf({ id: ID, name: "a", width: null }).width]).toEqual(["600", "80", null]);
});

it("only what any mail program shows counts as a picture", () => {
  expect(["image/png", "image/svg+xml", "text/html", ""].map((type) => isPicture({ type }))).toEqual([true, false, false, false]);
});

it("a picture leaves the text with its file", () => {
  const html = `<div>a<img alt="1" src="${srcOf(ID)}">b<img src="${srcOf(OTHER)}" width="80"></div>`;
  expect(withoutGone(html, [{ id: OTHER }])).toBe(`<div>ab<img src="${srcOf(OTHER)}" width="80"></div>`);
  expect(withoutGone(html, [{ id: ID }, { id: OTHER }])).toBe(html);
});

it("plain text names a picture where it stands", () => {
  const { doc, paragraph, image } = schema.nodes;
  const line = paragraph.create(null, [schema.text("Вот: "), image.create(attrsOf({ id: ID, name: "план.png", width: null }))]);
  expect(textOf(doc.create(null, [line]))).toBe("Вот: [план.png]");
});
