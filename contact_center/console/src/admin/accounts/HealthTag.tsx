import type { Health } from "../../api/types";
import type { IconName } from "../../ui/icons";
import { Tag, type Tone } from "../kit/parts";
import { useWords } from "../texts";

const LOOKS: Record<Health | "off" | "test", [Tone, IconName]> = {
  green: ["good", "check"],
  yellow: ["warn", "warning"],
  red: ["bad", "close"],
  unknown: ["none", "question"],
  off: ["none", "spam"],
  test: ["accent", "plug"],
};

/** The health of a connection in a sign and a word. */
export function HealthTag({ state, health }: { state: string; health: Health }) {
  const { w } = useWords();
  const shown = state === "off" ? "off" : state === "test" && health !== "red" ? "test" : health;
  const [tone, icon] = LOOKS[shown];
  return (
    <Tag tone={tone} icon={icon}>
      {w(`health.${shown}`)}
    </Tag>
  );
}
