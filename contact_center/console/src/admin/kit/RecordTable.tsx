import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { IconName } from "../../ui/icons";
import { Bones, Empty, Failed } from "../../ui/states";
import css from "./kit.module.css";

export interface Column<T> {
  title: string;
  cell: (record: T) => ReactNode;
  /** Left out on a phone. */
  wide?: boolean;
  end?: boolean;
}

interface TableProps<T> {
  label: string;
  records: UseQueryResult<T[]>;
  columns: readonly Column<T>[];
  /** Open the drawer of a record; the first column is its button. */
  onOpen?: (record: T) => void;
  empty: { icon: IconName; title: string; text?: string; action?: ReactNode };
  dimmed?: (record: T) => boolean;
}

/** A list of records with all its states. */
export function RecordTable<T extends { id: string }>({ label, records, columns, onOpen, empty, dimmed }: TableProps<T>) {
  if (records.isPending) return <Bones rows={5} />;
  if (records.isError && !records.data) return <Failed error={records.error} retry={() => void records.refetch()} />;
  if (!records.data?.length) return <Empty {...empty} />;
  return (
    <div className={css.tableBox}>
      <table className={css.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} data-wide={column.wide || undefined} data-end={column.end || undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {records.data.map((record) => (
            <tr key={record.id} data-dimmed={dimmed?.(record) || undefined}>
              {columns.map((column, at) => (
                <td key={column.title} data-wide={column.wide || undefined} data-end={column.end || undefined}>
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
