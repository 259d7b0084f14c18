/** Rows of one height: only those in sight (and a few beside) are in the document. */
import { type FocusEvent, type KeyboardEvent, type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

interface VirtualListProps<T> {
  items: readonly T[];
  height: number;
  keyOf: (item: T) => string;
  row: (item: T, index: number) => ReactNode;
  /** Called when the end comes near. */
  more?: () => void;
  label: string;
  className?: string;
  footer?: ReactNode;
  /** Told which items are in sight, as ids joined by a space. */
  onSight?: (ids: string) => void;
  /** The item to keep in sight when it changes, e.g. by J and K. */
  chosen?: string | null;
  boxRef?: RefObject<HTMLDivElement | null>;
}

const BESIDE = 6;

/** One row is in the order of Tab, arrows go to the others: else Tab would have to pass them all. */
function useOneTabStop(stop: string | undefined) {
  const list = useRef<HTMLUListElement>(null);
  const links = () => [...(list.current?.querySelectorAll<HTMLAnchorElement>(":scope > li > a") ?? [])];
  const keyOfRow = (link: Element) => link.parentElement?.dataset["row"];
  useLayoutEffect(() => {
    for (const link of links()) link.tabIndex = keyOfRow(link) === stop ? 0 : -1;
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const all = links();
    const next = all[all.indexOf(document.activeElement as HTMLAnchorElement) + step];
    if (!next || !all.includes(document.activeElement as HTMLAnchorElement)) return;
    event.preventDefault();
    next.focus();
  };
  return { list, onKeyDown };
}

export function VirtualList<T>(props: VirtualListProps<T>) {
  const { items, height, keyOf, row, more, label, className, footer, onSight, chosen } = props;
  const own = useRef<HTMLDivElement>(null);
  const box = props.boxRef ?? own;
  const [range, setRange] = useState({ top: 0, tall: 900 });
  const [visited, setVisited] = useState<string | null>(null);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => setRange({ top: element.scrollTop, tall: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, [box]);

  const first = Math.max(0, Math.floor(range.top / height) - BESIDE);
  const last = Math.min(items.length, Math.ceil((range.top + range.tall) / height) + BESIDE);
  const shown = items.slice(first, last);
  const keys = shown.map(keyOf);
  const sight = keys.join(" ");
  const topmost = items[Math.min(items.length - 1, Math.ceil(range.top / height))];
  const stop = [visited, chosen].find((key) => key && keys.includes(key)) ?? (topmost && keyOf(topmost));
  const { list, onKeyDown } = useOneTabStop(stop);

  useEffect(() => {
    onSight?.(sight);
  }, [onSight, sight]);

  useEffect(() => {
    if (more && last >= items.length - 10) more();
  }, [more, last, items.length]);

  const chosenAt = chosen ? items.findIndex((item) => keyOf(item) === chosen) : -1;
  useEffect(() => {
    const element = box.current;
    if (!element || chosenAt < 0) return;
    const from = chosenAt * height;
    if (from < element.scrollTop) element.scrollTop = from;
    else if (from + height > element.scrollTop + element.clientHeight) {
      element.scrollTop = from + height - element.clientHeight;
    }
    setVisited(null);
    // Only a change of the choice moves the list, not every new order of it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [chosen]);

  return (
    <div ref={box} className={className} tabIndex={-1}>
      {/* The keys are for the links within. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul
        ref={list}
        aria-label={label}
        onKeyDown={onKeyDown}
        onFocus={(event: FocusEvent) => setVisited(event.target.closest("li")?.dataset["row"] ?? null)}
        style={{ position: "relative", height: items.length * height, margin: 0, padding: 0, listStyle: "none" }}
      >
        {shown.map((item, at) => (
          <li
            key={keyOf(item)}
            data-row={keyOf(item)}
            aria-setsize={items.length}
            aria-posinset={first + at + 1}
            style={{ position: "absolute", insetInline: 0, top: (first + at) * height, height }}
          >
            {row(item, first + at)}
          </li>
        ))}
      </ul>
      {footer}
    </div>
  );
}
