import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { IconName } from "../../ui/icons";
import { Bones, Empty, Failed } from "../../ui/states";
import { useWords } from "../texts";
import css from "./kit.module.css";

export interface Column<T> {
  title: string;
  cell: (record: T) => ReactNode;
  /** Left out on a phone. */
  wide?: boolean;
  end?: boolean;
  /** Holds buttons of its own; the title is for screen readers. */
  acts?: boolean;
}

interface TableProps<T> {
  label: string;
  records: Pick<UseQueryResult<T[]>, "data" | "isPending" | "isError" | "error" | "refetch">;
  columns: readonly Column<T>[];
  /** Open the drawer of a record; the first column is its button. */
  onOpen?: (record: T) => void;
  empty: { icon: IconName; title: string; text?: string; action?: ReactNode; small?: boolean };
  dimmed?: (record: T) => boolean;
  /** Only these are shown. */
  filter?: (record: T) => boolean;
}

/** A list of records with all its states. */
export function RecordTable<T extends { id: string }>({ label, records, columns, onOpen, empty, dimmed, filter }: TableProps<T>) {
  const { w } = useWords();
  if (records.isPending)
    return (
      <div className={css.tableBox}>
        <Bones rows={5} />
      </div>
    );
  if (records.isError && !records.data) return <Failed error={records.error} retry={() => void records.refetch()} />;
  if (!records.data?.length)
    return (
      <div className={css.tableBox}>
        <Empty {...empty} />
      </div>
    );
  const shown = filter ? records.data.filter(filter) : records.data;
  if (!shown.length)
    return (
      <div className={css.tableBox}>
        <Empty icon="search" title={w("list.nothing")} text={w("list.nothing_text")} small />
      </div>
    );
  const marks = (column: Column<T>) => ({ "data-wide": column.wide || undefined, "data-end": column.end || undefined, "data-acts": column.acts || undefined });
  return (
    <div className={css.tableBox}>
      <table className={css.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" {...marks(column)}>
                {column.acts ? <span className="visually-hidden">{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((record) => (
            <tr key={record.id} data-dimmed={dimmed?.(record) || undefined}>
              {columns.map((column, at) => (
                <td key={column.title} {...marks(column)}>
                  {at === 0 && onOpen ? (
                    <button type="button" className={css.open} onClick={() => onOpen(record)}>
                      {column.cell(record)}
                    </button>
                  ) : (
                    column.cell(record)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
