/** Which record of a page is open: it stands in the address, so that "back" closes it. */
import type { UseQueryResult } from "@tanstack/react-query";
import { navigate, usePlace } from "../../router";

export interface Opened<T> {
  record: T | undefined;
  /** A new record is being made. */
  fresh: boolean;
  open: (id: string) => void;
  close: () => void;
}

export function useOpened<T extends { id: string }>(section: string, records: Pick<UseQueryResult<T[]>, "data">): Opened<T> {
  const id = usePlace().parts[2];
  return {
    record: id ? records.data?.find((one) => one.id === id) : undefined,
    fresh: id === "new",
    open: (next) => navigate(`/admin/${section}/${next}`),
    close: () => navigate(`/admin/${section}`),
  };
}
