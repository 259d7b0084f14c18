/** Rows of one height: only those in sight (and a few beside) are in the document. */
import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

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

export function VirtualList<T>(props: VirtualListProps<T>) {
  const { items, height, keyOf, row, more, label, className, footer, onSight, chosen } = props;
  const own = useRef<HTMLDivElement>(null);
  const box = props.boxRef ?? own;
  const [range, setRange] = useState({ top: 0, tall: 900 });

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
  const sight = shown.map(keyOf).join(" ");

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
    // Only a change of the choice moves the list, not every new order of it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [chosen]);

  return (
    <div ref={box} className={className} tabIndex={-1}>
      <ul
        aria-label={label}
        style={{ position: "relative", height: items.length * height, margin: 0, padding: 0, listStyle: "none" }}
      >
        {shown.map((item, at) => (
          <li
            key={keyOf(item)}
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
