import { Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import type { ApiToken, Permission } from "../../api/types";
import { queries } from "../../api/client";
import { useMe, useNames } from "../../api/hooks";
import { del } from "../../api/http";
import { stamp } from "../../i18n/time";
import { Icon } from "../../ui/Icon";
import { serverNow, useNow } from "../../ui/now";
import { toast } from "../../ui/toasts";
import { AdminPage } from "../kit/AdminPage";
import { Checklist } from "../kit/fields";
import { Lines, OnceDialog, type Shown, Tag, useConfirm } from "../kit/parts";
import { RecordDrawer } from "../kit/RecordDrawer";
import { type Column, RecordTable } from "../kit/RecordTable";
import { useForm } from "../kit/useForm";
import { useOpened } from "../kit/useOpened";
import { createRecord, useRecords } from "../kit/useRecords";
import { useProblemWords } from "../kit/useProblemWords";
import { useWords } from "../texts";
import css from "./service.module.css";

const SCOPES = ["read", "note", "work", "clients", "supervise", "administer", "trace"] as const;
const TERMS = ["30", "90", "365", "never"] as const;
const DAY = 86_400_000;

export default function TokensPage() {
  const i18n = useWords();
  const { w, maybeWord } = i18n;
  const now = useNow(15_000);
  const text = useProblemWords();
  const { employees } = useNames();
  const records = useRecords("/tokens");
  const opened = useOpened("tokens", records);
  const [dialog, ask] = useConfirm();
  const [shown, setShown] = useState<Shown | null>(null);
  const revoke = async (token: ApiToken) => {
    if (!(await ask({ title: w("tokens.revoke_title", { name: token.title }), text: w("tokens.revoke_text"), yes: w("tokens.revoke"), danger: true }))) return;
    try {
      await del("/tokens/{id}", { path: { id: token.id } });
      toast("good", w("tokens.revoked"));
    } catch (error) {
      toast("bad", text(error));
    }
    void queries.invalidateQueries({ queryKey: ["admin", "/tokens"] });
  };
  const add = (
    <Button onClick={() => opened.open("new")} leftSection={<Icon name="plus" size={16} />}>
      {w("tokens.add")}
    </Button>
  );
  const columns: Column<ApiToken>[] = [
    { title: w("field.title"), cell: (one) => <Lines title={<b>{one.title}</b>} text={employees.get(one.employee_id)?.name} /> },
    { title: w("tokens.scopes"), wide: true, cell: (one) => <span className={css.scopes}>{one.scopes.map((scope) => <Tag key={scope}>{maybeWord(`scope.${scope}`) ?? scope}</Tag>)}</span> },
    { title: w("tokens.used"), wide: true, cell: (one) => (one.used_at ? stamp(i18n, one.used_at, now) : <span className={css.muted}>{w("accounts.never")}</span>) },
    { title: w("tokens.expires"), cell: (one) => (one.expires_at ? Date.parse(one.expires_at) < now ? <Tag tone="warn" icon="warning">{w("tokens.expired")}</Tag> : stamp(i18n, one.expires_at, now) : w("tokens.never")) },
    {
      title: w("tokens.revoke"),
      acts: true,
      cell: (one) => (
        <Button size="compact-sm" variant="default" onClick={() => void revoke(one)} aria-label={w("tokens.revoke_of", { name: one.title })}>
          {w("tokens.revoke")}
        </Button>
      ),
    },
  ];
  return (
    <AdminPage title={w("page.tokens")} text={w("tokens.text")} action={add}>
      <RecordTable label={w("page.tokens")} records={records} columns={columns} empty={{ icon: "key", title: w("tokens.none"), text: w("tokens.none_text"), action: add }} />
      {opened.fresh && <TokenDrawer onClose={opened.close} onShown={setShown} />}
      {shown && <OnceDialog shown={shown} onClose={() => setShown(null)} />}
      {dialog}
    </AdminPage>
  );
}

function TokenDrawer({ onClose, onShown }: { onClose: () => void; onShown: (shown: Shown) => void }) {
  const { w } = useWords();
  const { permissions } = useMe();
  const form = useForm<{ title: string; scopes: Permission[]; term: (typeof TERMS)[number] }>({
    start: { title: "", scopes: ["read"], term: "90" },
    check: ({ title, scopes }) => ({ ...(title.trim() ? {} : { title: w("fault.missing") }), ...(scopes.length ? {} : { scopes: w("tokens.no_scope") }) }),
    save: async ({ title, scopes, term }) => {
      const expires_at = term === "never" ? null : new Date(serverNow() + Number(term) * DAY).toISOString();
      const made = await createRecord("/tokens", { title, scopes, expires_at });
      onShown({ title: w("tokens.made"), text: w("tokens.made_text"), entries: [{ label: w("tokens.one"), value: made.token }] });
    },
  });
  return (
    <RecordDrawer title={w("tokens.new")} form={form} onClose={onClose} saveLabel={w("tokens.make")} onSaved={onClose}>
      <TextInput label={w("field.title")} description={w("tokens.title_text")} {...form.text("title")} data-autofocus />
      <Checklist label={w("tokens.scopes")} text={w("tokens.scopes_text")} items={SCOPES.filter((scope) => permissions.includes(scope)).map((scope) => ({ id: scope, label: w(`scope.${scope}`), hint: scope }))} empty="" {...form.value("scopes")} />
      <Select label={w("tokens.term")} allowDeselect={false} data={TERMS.map((term) => ({ value: term, label: term === "never" ? w("tokens.never") : w("tokens.days", { n: Number(term) }) }))} {...form.value("term")} />
    </RecordDrawer>
  );
}
