/** How many messages a text becomes as SMS: `channels/toolkit/segments.py` in the browser. The
 *  alphabet and the cases both must agree on stand in the two JSON files beside this one. */
import given from "./segments.json";

export interface Count {
  encoding: "GSM-7" | "UCS-2";
  units: number;
  segments: number;
  /** Units the last message still takes before there is one more. */
  left: number;
  /** The characters that keep the text from the cheaper alphabet, in their order. */
  forced: string;
}

const BASIC = new Set(given.basic);
const EXTENDED = new Set(given.extended);

export function count(text: string): Count {
  const characters = [...text];
  const forced = [...new Set(characters.filter((one) => !BASIC.has(one) && !EXTENDED.has(one)))].join("");
  const encoding = forced ? "UCS-2" : "GSM-7";
  const [alone = 0, joined = 0] = given.limits[encoding];
  // In UCS-2 a character is as wide as in JavaScript.
  const widths = characters.map((one) => (forced ? one.length : EXTENDED.has(one) ? 2 : 1));
  const units = widths.reduce((sum, width) => sum + width, 0);
  if (units <= alone) return { encoding, units, segments: 1, left: alone - units, forced };
  let segments = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > joined) {
      segments += 1;
      used = 0;
    }
    used += width;
  }
  return { encoding, units, segments, left: joined - used, forced };
}
