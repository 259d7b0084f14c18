/** Shortcuts by physical key (`event.code`), so that they work on a Russian layout too. */

export interface Chord {
  code: string;
  /** Ctrl, or Cmd on a Mac. */
  mod?: boolean;
  alt?: boolean;
  shift?: boolean;
  /** Pressed before, as G in "G then I". */
  after?: string;
}

export const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

const RUSSIAN: Record<string, string> = {
  KeyQ: "Й", KeyW: "Ц", KeyE: "У", KeyR: "К", KeyT: "Е", KeyY: "Н", KeyU: "Г", KeyI: "Ш", KeyO: "Щ", KeyP: "З",
  KeyA: "Ф", KeyS: "Ы", KeyD: "В", KeyF: "А", KeyG: "П", KeyH: "Р", KeyJ: "О", KeyK: "Л", KeyL: "Д",
  KeyZ: "Я", KeyX: "Ч", KeyC: "С", KeyV: "М", KeyB: "И", KeyN: "Т", KeyM: "Ь", Slash: ".", Comma: "Б", Period: "Ю",
  Semicolon: "Ж", Quote: "Э", BracketLeft: "Х", BracketRight: "Ъ", Backquote: "Ё",
};

const NAMES: Record<string, string> = {
  Slash: "/", Enter: "Enter", Escape: "Esc", ArrowUp: "↑", ArrowDown: "↓", Comma: ",", Period: ".", Semicolon: ";",
  Quote: "'", BracketLeft: "[", BracketRight: "]", Backquote: "`", Backslash: "\\", Minus: "-", Equal: "=",
};

export function keyName(code: string): string {
  return NAMES[code] ?? code.replace(/^(Key|Digit)/, "");
}

/** The keys of a chord as caps to print, e.g. ["Ctrl", "K"]. */
export function caps(chord: Chord): string[] {
  const out: string[] = [];
  if (chord.after) out.push(keyName(chord.after));
  if (chord.mod) out.push(isMac ? "⌘" : "Ctrl");
  if (chord.alt) out.push(isMac ? "⌥" : "Alt");
  if (chord.shift && chord.code !== "Slash") out.push("Shift");
  out.push(chord.shift && chord.code === "Slash" ? "?" : keyName(chord.code));
  return out;
}

/** The labels of the same keys on a Russian keyboard, where they differ. */
export function russianCap(chord: Chord): string | undefined {
  const keys = [chord.after, chord.code].filter((code) => code !== undefined);
  return keys.some((code) => code in RUSSIAN) ? keys.map((code) => RUSSIAN[code] ?? keyName(code)).join(" ") : undefined;
}

const MODIFIER = /^(Control|Alt|Shift|Meta|OS)(Left|Right)?$|^CapsLock$/;
/** Keys by which one moves, writes or leaves: nobody may lose them to a shortcut. */
const NEEDED = /^(Escape|Tab|Enter|Space|Backspace|Delete|Arrow\w+|Home|End|Page\w+|NumpadEnter|F\d+)$/;
/** What the browser keeps for itself with Ctrl, and what editing needs. */
const BROWSER = /^Key[TNWRLPFACVXZY]$|^Digit\d$/;

/** A chord as text, to keep: "Ctrl+Alt+KeyA", "KeyG KeyI". Ctrl stands for Cmd on a Mac. */
export function written(chord: Chord): string {
  const parts = [chord.mod && "Ctrl", chord.alt && "Alt", chord.shift && "Shift", chord.code];
  const keys = parts.filter(Boolean).join("+");
  return chord.after ? `${chord.after} ${keys}` : keys;
}

/** The chord of a kept text; null where it is none. */
export function chordOf(text: string): Chord | null {
  const match = /^(?:(\w+) )?((?:(?:Ctrl|Alt|Shift)\+)*)(\w+)$/.exec(text);
  if (!match) return null;
  const [, after, before = "", code = ""] = match;
  return {
    code,
    ...(before.includes("Ctrl") ? { mod: true } : {}),
    ...(before.includes("Alt") ? { alt: true } : {}),
    ...(before.includes("Shift") ? { shift: true } : {}),
    ...(after ? { after } : {}),
  };
}

/** What was pressed as a chord; null while only modifiers are held. */
export function pressed(event: KeyboardEvent): Chord | null {
  if (!event.code || MODIFIER.test(event.code)) return null;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  return {
    code: event.code,
    ...(mod ? { mod } : {}),
    ...(event.altKey ? { alt: true } : {}),
    ...(event.shiftKey ? { shift: true } : {}),
  };
}

/** Whether a chord may be given to an action: not the keys that people and browsers need. */
export function allowed(chord: Chord): boolean {
  if (NEEDED.test(chord.code)) return false;
  if (chord.code === "KeyG" && !chord.mod && !chord.alt && !chord.shift) return false; // begins "G then I"
  return !(chord.mod && !chord.alt && BROWSER.test(chord.code));
}

export function inField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

export function matches(chord: Chord, event: KeyboardEvent, before: string | null): boolean {
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const other = isMac ? event.ctrlKey : event.metaKey;
  return (
    event.code === chord.code &&
    mod === Boolean(chord.mod) &&
    !other &&
    event.altKey === Boolean(chord.alt) &&
    event.shiftKey === Boolean(chord.shift) &&
    (chord.after ?? null) === before
  );
}

/** What was typed on the wrong layout: "pfrhsnm" → "закрыть". */
export function otherLayout(text: string): string {
  const latin = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
  const russian = "йцукенгшщзхъфывапролджэячсмитьбюё";
  const swap = (from: string, to: string) =>
    [...text].map((sign) => (from.includes(sign) ? (to[from.indexOf(sign)] ?? sign) : sign)).join("");
  return /[а-яё]/i.test(text) ? swap(russian, latin) : swap(latin, russian);
}
