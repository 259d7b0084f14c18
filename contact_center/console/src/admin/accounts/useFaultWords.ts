/** What is wrong with a field of a provider's settings, in words, with its example. */
import type { SettingField } from "../../api/types";
import { useWords } from "../texts";
import type { SettingFault } from "./settings";

export function useFaultWords(): (field: SettingField, fault: SettingFault) => string {
  const { w } = useWords();
  return ({ example }, fault) => w(`fault.${fault}`, { example: example ? w("form.example", { example }) : "" });
}
