import { Button } from "@mantine/core";
import { useState } from "react";
import type { Connection } from "../../api/types";
import { useMay, useNames } from "../../api/hooks";
import { titled } from "../../i18n";
import { stamp } from "../../i18n/time";
import { Icon, mediumIcon } from "../../ui/Icon";
import { useNow } from "../../ui/now";
import { lazily } from "../../ui/lazily";
import { navigate, usePlace } from "../../router";
import { AdminPage } from "../kit/AdminPage";
import { ListTools, OnceDialog, type Shown, Tag } from "../kit/parts";
import { type Column, RecordTable } from "../kit/RecordTable";
import { useOpened } from "../kit/useOpened";
import { useRecords } from "../kit/useRecords";
import { useWords } from "../texts";
import { AccountDrawer } from "./AccountDrawer";
import { useConsentNews } from "./Consent";
import { HealthTag } from "./HealthTag";
import { useProviders } from "./useProviders";
import css from "./accounts.module.css";

const Wizard = lazily(() => import("./wizard/Wizard"));
const AccountHealth = lazily(() => import("./health/AccountHealth"));

export default function AccountsPage() {
  const i18n = useWords();
  const { w, locale } = i18n;
  const may = useMay("administer");
  const now = useNow(15_000);
  const { queues } = useNames();
  useConsentNews();
  const [archived, setArchived] = useState(false);
  const [shown, setShown] = useState<Shown | null>(null);
  const records = useRecords("/accounts", { archived });
  const providers = useProviders();
  const opened = useOpened("accounts", records);
  const within = usePlace().parts[3];
  const titleOf = (name: string) => titled(providers.data?.items.find((one) => one.name === name)?.title, locale) || name;
  const add = may && (
    <Button onClick={() => opened.open("new")} leftSection={<Icon name="plus" size={16} />}>
      {w("accounts.add")}
    </Button>
  );
  const columns: Column<Connection>[] = [
    {
      title: w("field.title"),
      cell: (one) => (
        <span className={css.account}>
          <span className={css.badge}>
            <Icon name={mediumIcon(one.medium)} size={18} />
          </span>
          <span>
            {one.title}
            <small>{titleOf(one.provider)}</small>
          </span>
        </span>
      ),
    },
    { title: w("field.queue"), wide: true, cell: (one) => queues.get(one.queue_id)?.name ?? "—" },
    { title: w("accounts.last_in"), wide: true, cell: (one) => (one.last_in_at ? stamp(i18n, one.last_in_at, now) : <span className={css.muted}>{w("accounts.never")}</span>) },
    { title: w("field.state"), cell: (one) => (one.archived_at ? <Tag>{w("state.archived")}</Tag> : <HealthTag state={one.state} health={one.health} />) },
  ];
  if (opened.fresh && may) return <Wizard account={undefined} />;
  if (opened.record && within === "connect" && may) return <Wizard account={opened.record} />;
  if (opened.record && within === "health") return <AccountHealth account={opened.record} />;
  return (
    <AdminPage title={w("page.accounts")} text={w("accounts.text")} action={add}>
      <ListTools archived={archived} onArchived={setArchived} />
      <RecordTable
        label={w("page.accounts")}
        records={records}
        columns={columns}
        onOpen={(one) => (one.state === "test" && may ? navigate(`/admin/accounts/${one.id}/connect`) : opened.open(one.id))}
        dimmed={(one) => Boolean(one.archived_at) || one.state === "off"}
        empty={{ icon: "plug", title: w("accounts.none"), text: w("accounts.none_text"), action: add }}
      />
      {opened.record && providers.data && <AccountDrawer key={opened.record.id} account={opened.record} provider={providers.data.items.find((one) => one.name === opened.record?.provider)} onClose={opened.close} onShown={setShown} />}
      {shown && <OnceDialog shown={shown} onClose={() => setShown(null)} />}
    </AdminPage>
  );
}
