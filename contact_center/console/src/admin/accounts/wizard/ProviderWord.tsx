/** What the provider said of the settings: its own words, and what to do. */
import { Button } from "@mantine/core";
import type { ProviderInfo, Told } from "../../../api/types";
import { titled } from "../../../i18n";
import { reasonIn } from "../../../talk/reasons";
import { Icon } from "../../../ui/Icon";
import { useWords } from "../../texts";
import css from "./wizard.module.css";

export type Asked = { state: "asking" } | { state: "told"; told: Told };

export function ProviderWord({ asked, provider, onAgain }: { asked: Asked | null; provider: ProviderInfo; onAgain: () => void }) {
  const { w, locale } = useWords();
  const name = titled(provider.title, locale);
  const told = asked?.state === "told" ? asked.told : null;
  const tone = told && told.problem !== "consent" ? (told.problem === "wrong" ? "bad" : told.problem ? "warn" : "good") : "none";
  return (
    <div role="status" className={asked ? css.word : undefined} data-tone={tone}>
      {asked?.state === "asking" && (
        <>
          <Icon name="clock" size={18} />
          <p>{w("wizard.asking", { name })}</p>
        </>
      )}
      {told && (
        <>
          <Icon name={tone === "good" ? "check" : tone === "none" ? "key" : "warning"} size={18} />
          <div>
            <p>
              <b>{told.problem ? w(`wizard.${told.problem}`, { name }) : told.name ? w("wizard.answers_as", { name, who: told.name }) : w("wizard.answers", { name })}</b>
            </p>
            {told.words && <q>{reasonIn(locale, told.words)}</q>}
            {told.problem && <p>{w(`wizard.${told.problem}_text`)}</p>}
            {told.problem && tone !== "none" && (
              <Button size="compact-sm" variant="default" onClick={onAgain} leftSection={<Icon name="refresh" size={14} />}>
                {w("wizard.ask_again")}
              </Button>
            )}
          </div>
        </>
      )}
    </div>
  );
}
