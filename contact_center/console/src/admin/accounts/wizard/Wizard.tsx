/** Connecting a channel, step by step. What is saved is saved whole, as an account in test: who
 *  leaves from then on comes back to where he was. */
import { useRef, useState } from "react";
import type { Connection, ProviderInfo } from "../../../api/types";
import { navigate } from "../../../router";
import { Icon, mediumIcon } from "../../../ui/Icon";
import { Bones, Failed } from "../../../ui/states";
import { titled } from "../../../i18n";
import { AdminPage } from "../../kit/AdminPage";
import { OnceDialog, type Shown } from "../../kit/parts";
import { useWords } from "../../texts";
import { useProviders } from "../useProviders";
import { AddressStep } from "./AddressStep";
import { DataStep } from "./DataStep";
import { resumed, type Step, STEPS } from "./steps";
import { TrialStep } from "./TrialStep";
import css from "./wizard.module.css";

/** `account`: one that is being connected already. */
export default function Wizard({ account }: { account: Connection | undefined }) {
  const { w } = useWords();
  const providers = useProviders();
  return (
    <AdminPage title={w("wizard.title")} text={w("wizard.text")}>
      {providers.isPending && <Bones rows={4} />}
      {providers.isError && !providers.data && <Failed error={providers.error} retry={() => void providers.refetch()} />}
      {providers.data && <Steps account={account} providers={providers.data.items} />}
    </AdminPage>
  );
}

function Steps({ account, providers }: { account: Connection | undefined; providers: ProviderInfo[] }) {
  const { w, locale } = useWords();
  const [step, show] = useState<Step>(account ? resumed(account) : "channel");
  const [chosen, setChosen] = useState(account?.provider ?? "");
  const [shown, setShown] = useState<Shown | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const setStep = (next: Step) => {
    show(next);
    requestAnimationFrame(() => heading.current?.focus());
  };
  const provider = providers.find((one) => one.name === chosen);
  const at = STEPS.indexOf(step);
  return (
    <>
      <ol className={css.way} aria-label={w("wizard.steps")}>
        {STEPS.map((name, n) => (
          <li key={name} aria-current={name === step ? "step" : undefined} data-done={n < at || undefined}>
            <span>{n < at ? <Icon name="check" size={14} /> : n + 1}</span>
            {w(`wizard_step.${name}`)}
          </li>
        ))}
      </ol>
      <section className={css.step} aria-labelledby="wizard-step">
        <h2 id="wizard-step" ref={heading} tabIndex={-1}>
          {w(`wizard_title.${step}`, { name: titled(provider?.title, locale) })}
        </h2>
        {step === "channel" && (
          <Channels
            providers={providers}
            onChoose={(name) => {
              setChosen(name);
              setStep("data");
            }}
          />
        )}
        {step === "data" && provider && (
          <DataStep
            key={chosen}
            provider={provider}
            account={account}
            onBack={account ? undefined : () => setStep("channel")}
            onSaved={(saved) => {
              const entries = Object.entries(saved.made_secrets ?? {}).map(([name, value]) => ({ label: titled(provider.fields.find((field) => field.name === name)?.label, locale) || name, value }));
              // A secret the provider is told by ourselves is nothing to copy.
              if (entries.length && !provider.capabilities.installs_webhook) setShown({ title: w("secret.made"), text: w("secret.made_text"), entries });
              navigate(`/admin/accounts/${saved.id}/connect`, { replace: true });
              setStep("address");
            }}
          />
        )}
        {step === "address" && provider && account && <AddressStep provider={provider} account={account} onBack={() => setStep("data")} onDone={() => setStep("trial")} />}
        {step === "trial" && provider && account && <TrialStep provider={provider} account={account} onBack={() => setStep("address")} />}
        {step !== "channel" && step !== "data" && !account && <Bones rows={3} />}
      </section>
      {shown && <OnceDialog shown={shown} onClose={() => setShown(null)} />}
    </>
  );
}

function Channels({ providers, onChoose }: { providers: ProviderInfo[]; onChoose: (name: string) => void }) {
  const { locale } = useWords();
  return (
    <ul className={css.cards}>
      {providers.map((one) => (
        <li key={one.name}>
          <button type="button" onClick={() => onChoose(one.name)}>
            <span className={css.badge}>
              <Icon name={mediumIcon(one.medium)} size={24} />
            </span>
            <b>{titled(one.title, locale)}</b>
            <small>{titled(one.about, locale)}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}
