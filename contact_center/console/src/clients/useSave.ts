import { changeClient } from "../api/acts";
import type { Body } from "../api/ask";
import { queries } from "../api/client";
import { Problem } from "../api/http";
import { keys } from "../api/keys";
import type { Client } from "../api/types";
import { useI18n } from "../i18n";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";

type Change = Body<"PATCH", "/clients/{id}">;

/** Save a change of a client's card; true when it is kept. Who was faster is shown, not lost. */
export function useSave(client: Client): (change: Change) => Promise<boolean> {
  const { t } = useI18n();
  const text = useProblemText();
  return async (change) => {
    try {
      await changeClient(client, change);
      return true;
    } catch (error) {
      if (error instanceof Problem && error.status === 409) {
        await queries.invalidateQueries({ queryKey: keys.client(client.id) });
        toast("info", t("client.changed_meanwhile"));
      } else toast("bad", text(error));
      return false;
    }
  };
}
