import { Button, Select, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Change } from "../../api/ask";
import type { Connection, ProviderInfo, SettingField } from "../../api/types";
import { useDirectory, useMay } from "../../api/hooks";
import { titled } from "../../i18n";
import { full } from "../../i18n/time";
import { linkTo } from "../../router";
import { reasonIn } from "../../talk/reasons";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/toasts";
import type { TwoTexts } from "../kit/fields";
import { CopyField, Group, Pair, type Shown } from "../kit/parts";
import { RecordDrawer } from "../kit/RecordDrawer";
import { useArchive } from "../kit/useArchive";
import { useForm } from "../kit/useForm";
import { actOnRecord, changeRecord, useRecords } from "../kit/useRecords";
import { useProblemWords } from "../kit/useProblemWords";
import { useWords } from "../texts";
import { Consent } from "./Consent";
import { HealthTag } from "./HealthTag";
import { HookGuide } from "./HookGuide";
import { faultOf, matters, nameOf, type SettingValues, settingsOf, startOf } from "./settings";
import { SettingInput } from "./SettingInput";
import { StartLinks } from "./StartLinks";
import { useFaultWords } from "./useFaultWords";
import css from "./accounts.module.css";

interface DrawerProps {
  account: Connection;
  provider: ProviderInfo | undefined;
  onClose: () => void;
  onShown: (shown: Shown) => void;
}

interface Basics {
  title: string;
  brand_id: string | null;
  queue_id: string | null;
  state: Connection["state"];
}

/** What of a form every connection has; what is absent stays absent. */
function basicsOf({ title, brand_id, queue_id, state }: Partial<Basics>): Change<"/accounts"> {
  return { title, brand_id, queue_id, state };
}

/** The form of a connection; a new one is made by the wizard. */
export function AccountDrawer({ account, provider, onClose, onShown }: DrawerProps) {
  const { w, locale } = useWords();
  const { data: directory } = useDirectory();
  const { data: brands } = useRecords("/brands");
  const fields = provider?.fields ?? [];
  const faultWords = useFaultWords();
  const isSet = (field: SettingField) => account.secrets_set.includes(field.name);
  const show = (saved: Connection) => {
    const entries = Object.entries(saved.made_secrets ?? {}).map(([name, value]) => ({ label: titled(fields.find((field) => field.name === name)?.label, locale) || name, value }));
    if (entries.length) onShown({ title: w("secret.made"), text: w("secret.made_text"), entries });
  };
  const form = useForm<Basics & SettingValues>({
    record: account,
    start: {
      title: account.title,
      brand_id: account.brand_id,
      queue_id: account.queue_id,
      state: account.state,
      ...startOf(fields, account.settings),
    },
    check: (values) => {
      const faults: Record<string, string> = {};
      for (const name of ["title", "brand_id", "queue_id"]) if (!String(values[name] ?? "").trim()) faults[name] = w("fault.missing");
      for (const field of fields.filter((one) => matters(one, values))) {
        const fault = faultOf(field, values[nameOf(field)], isSet(field));
        if (fault) faults[nameOf(field)] = faultWords(field, fault);
      }
      return faults;
    },
    save: async (_, changes, record) => {
      const settings = settingsOf(changes);
      show(await changeRecord("/accounts", record ?? account, { ...basicsOf(changes), ...(Object.keys(settings).length ? { settings } : {}) }));
    },
  });
  const archive = useArchive("/accounts", account, form.dirty, onClose);
  const { values } = form;
  const titles = values["settings.title"] as TwoTexts | undefined;
  const greeting = values["settings.greeting"] as TwoTexts | undefined;
  const color = values["settings.color"];
  return (
    <RecordDrawer
      title={account.title}
      form={form}
      onClose={onClose}
      size={600}
      acts={archive}
    >
      <Status account={account} />
      {Boolean(provider?.capabilities.authorizes) && <Consent account={account} unsaved={form.dirty} />}
      <Addresses account={account} />
      {Boolean(provider?.capabilities.start_links) && account.state !== "off" && <StartLinks account={account} />}
      <Group title={w("accounts.basics")}>
        <TextInput label={w("field.title")} description={w("accounts.title_text")} {...form.text("title")} />
        <Pair>
          <Select label={w("field.brand")} placeholder={w("form.choose")} allowDeselect={false} data={(brands ?? []).map((one) => ({ value: one.id, label: one.name }))} value={values.brand_id} error={form.faults.brand_id} onChange={(brand_id) => form.set({ brand_id })} />
          <Select label={w("field.queue")} placeholder={w("form.choose")} allowDeselect={false} data={(directory?.queues ?? []).map((one) => ({ value: one.id, label: one.name }))} value={values.queue_id} error={form.faults.queue_id} onChange={(queue_id) => form.set({ queue_id })} />
        </Pair>
        <Switch label={w("accounts.on")} description={w("accounts.on_text")} checked={values.state !== "off"} onChange={(event) => form.set({ state: event.currentTarget.checked ? "on" : "off" })} />
      </Group>
      {fields.length > 0 && (
        <Group title={w("accounts.settings", { name: titled(provider?.title, locale) })}>
          {typeof color === "string" && titles && greeting && <Preview color={color} title={titles[locale] || titles.ru} greeting={greeting[locale] || greeting.ru} />}
          {fields.filter((field) => matters(field, values)).map((field) => (
            <SettingInput key={field.name} field={field} value={values[nameOf(field)]} error={form.faults[nameOf(field)]} isSet={isSet(field)} onChange={(value) => form.set({ [nameOf(field)]: value })} />
          ))}
        </Group>
      )}
    </RecordDrawer>
  );
}

/** Does it work, since when, and a button to ask the provider now. */
function Status({ account }: { account: Connection }) {
  const i18n = useWords();
  const { w } = i18n;
  const may = useMay("administer");
  const text = useProblemWords();
  const [busy, setBusy] = useState(false);
  const check = async () => {
    setBusy(true);
    try {
      const { health, health_text } = await actOnRecord("/accounts/{id}/check", account.id);
      toast(health === "green" ? "good" : "bad", health === "green" ? w("accounts.works") : (health_text ?? w(`health.${health}`)));
    } catch (error) {
      toast("bad", text(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={css.status}>
      <HealthTag state={account.state} health={account.health} />
      <p>
        {account.health_text && <b>{reasonIn(i18n.locale, account.health_text)}</b>}
        {account.health_at ? w("accounts.checked", { at: full(i18n, account.health_at) }) : w("accounts.unchecked")}
        {account.last_in_at ? ` ${w("accounts.in_at", { at: full(i18n, account.last_in_at) })}` : ""}{" "}
        <a {...linkTo(`/admin/accounts/${account.id}/health`)}>{w("account_health.open")}</a>
      </p>
      {may && !account.archived_at && (
        <Button size="xs" variant="default" loading={busy} onClick={() => void check()} leftSection={<Icon name="pulse" size={15} />}>
          {w("accounts.check")}
        </Button>
      )}
    </div>
  );
}

function Addresses({ account }: { account: Connection }) {
  const { w } = useWords();
  const { embed_snippet, page_url } = account;
  const webhook_url = account.settings.receives === "nothing" ? null : account.webhook_url;
  if (!embed_snippet && !page_url && !webhook_url) return null;
  return (
    <Group>
      {embed_snippet && <CopyField label={w("accounts.snippet")} text={w("accounts.snippet_text")} value={embed_snippet} />}
      {webhook_url && <CopyField label={w("accounts.webhook")} text={w("accounts.webhook_text")} value={webhook_url} />}
      <HookGuide account={account} />
      {page_url && (
        <>
          <CopyField label={w("accounts.page")} value={page_url} />
          <div className={css.links}>
            <Button component="a" href={page_url} target="_blank" rel="noreferrer" size="xs" variant="default" leftSection={<Icon name="external" size={15} />}>
              {w("accounts.open_page")}
            </Button>
          </div>
        </>
      )}
    </Group>
  );
}

/** Black or white, whichever reads better on a colour. */
function inkOn(color: string): string {
  const parts = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#10151d" : "#ffffff";
}

function Preview({ color, title, greeting }: { color: string; title: string; greeting: string }) {
  const { w } = useWords();
  const shown = /^#[0-9a-f]{6}$/i.test(color) ? color : "#525e71";
  return (
    <figure className={css.previewBox} style={{ margin: 0 }} aria-label={w("accounts.preview")}>
      <div className={css.preview}>
        <header style={{ background: shown, color: inkOn(shown) }}>{title || "…"}</header>
        <p>{greeting || "…"}</p>
      </div>
    </figure>
  );
}
