import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { ArchivePath } from "../../api/ask";
import { toast } from "../../ui/toasts";
import { useProblemWords } from "./useProblemWords";
import { useWords } from "../texts";
import { changeRecord, type Recorded } from "./useRecords";

/** The button that archives a record or brings it back; null for one that is not there yet. */
export function useArchive(path: ArchivePath, record: (Recorded & { archived_at: string | null }) | undefined, dirty: boolean, onDone: () => void): ReactNode {
  const { w } = useWords();
  const text = useProblemWords();
  const [busy, setBusy] = useState(false);
  if (!record) return null;
  const back = Boolean(record.archived_at);
  const run = async () => {
    setBusy(true);
    try {
      await changeRecord(path, record, { archived: !back });
      toast("good", w(back ? "archive.restored" : "archive.done"));
      onDone();
    } catch (error) {
      toast("bad", text(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button variant="subtle" color="gray" loading={busy} disabled={dirty} onClick={() => void run()}>
      {w(back ? "archive.restore" : "archive.do")}
    </Button>
  );
}
