import { useState } from "react";
import { useProblemText } from "./states";
import { toast } from "./toasts";

/** Run a call one at a time; what goes wrong is told. */
export function useRun(): [boolean, (call: () => Promise<unknown>) => void] {
  const [busy, setBusy] = useState(false);
  const text = useProblemText();
  const run = (call: () => Promise<unknown>) => {
    setBusy(true);
    call()
      .catch((error: unknown) => toast("bad", text(error)))
      .finally(() => setBusy(false));
  };
  return [busy, run];
}
