import type { Message } from "../api/types";

const PLAIN = new Set(["image", "file"]);
const MARKS = ["entities", "button", "buttons", "unsupported", "forwarded_from"];

/** Whether a message is more than a text and a file: what draws the rest is loaded when wanted. */
export function isRich({ data, attachments }: Pick<Message, "data" | "attachments">): boolean {
  return attachments.length > 1 || attachments.some(({ kind, state }) => !PLAIN.has(kind) || state !== "stored") || MARKS.some((mark) => data[mark]);
}
