import { Button, TextInput } from "@mantine/core";
import { useCallback, useMemo, useState } from "react";
import { useClient, useClients, useRested } from "../api/hooks";
import type { ClientRow } from "../api/types";
import { useI18n } from "../i18n";
import { date } from "../i18n/time";
import { ClientFacts, ClientHistory, ClientNotes, pictureOf } from "../inbox/ClientPanel";
import { goUp, linkTo, usePlace } from "../router";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { Bones, Empty, Failed } from "../ui/states";
import { useMedia } from "../ui/useMedia";
import { VirtualList } from "../ui/VirtualList";
import { Changes } from "./Changes";
import { NameEdit } from "./NameEdit";
import css from "./clients.module.css";

function Row({ client, chosen }: { client: ClientRow; chosen: boolean }) {
  const { t, maybe } = useI18n();
  return (
    <a {...linkTo(`/clients/${client.id}`)} className={css.row} data-chosen={chosen || undefined} aria-current={chosen ? "true" : undefined}>
      <Avatar id={client.id} name={client.name} size={36} company={client.kind !== "person"} />
      <span className={css.rowText}>
        <b className="ellipsis">{client.name || t("client.nameless")}</b>
        <span className="ellipsis">{(client.addresses ?? []).join(" · ") || maybe(`client_kind.${client.kind}`)}</span>
      </span>
    </a>
  );
}

function Card({ id, back }: { id: string; back?: () => void }) {
  const i18n = useI18n();
  const { t, maybe } = i18n;
  const query = useClient(id);
  const client = query.data;
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (!client) return <Bones rows={6} />;
  return (
    <div className={css.card}>
      {back && (
        <Button variant="subtle" size="xs" onClick={back} leftSection={<Icon name="chevronLeft" size={16} />}>
          {t("act.back")}
        </Button>
      )}
      <header className={css.cardHead}>
        <Avatar id={client.id} name={client.name} size={64} company={client.kind !== "person"} picture={pictureOf(client)} />
        <div>
          <NameEdit client={client} heading="h1" />
          <p>
            {maybe(`client_kind.${client.kind}`)} · {maybe(`stage.${client.stage}`) ?? client.stage} · {t("client.since", { at: date(i18n, client.created_at) })}
          </p>
        </div>
      </header>
      <div className={css.columns}>
        <div>
          <ClientFacts client={client} />
          <ClientNotes client={client} />
          <Changes client={client} />
        </div>
        <ClientHistory client={client.id} />
      </div>
    </div>
  );
}

export default function ClientsPage() {
  const { t } = useI18n();
  const { parts } = usePlace();
  const chosen = parts[1] ?? null;
  const phone = useMedia("(max-width: 48em)");
  const [typed, setTyped] = useState("");
  const list = useClients(useRested(typed.trim(), 250));
  const items = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <div className={css.page}>
      {(!phone || !chosen) && (
        <section className={css.list} aria-label={t("clients.list")}>
          <header>
            <h1>{t("nav.clients")}</h1>
            <TextInput type="search" aria-label={t("clients.search")} placeholder={t("clients.search")} leftSection={<Icon name="search" size={16} />} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
          </header>
          {list.isPending ? (
            <Bones rows={8} />
          ) : list.isError && !items.length ? (
            <Failed error={list.error} retry={() => void list.refetch()} />
          ) : items.length === 0 ? (
            <Empty
              icon="clients"
              title={typed ? t("empty.filtered") : t("clients.none")}
              text={typed ? t("clients.filtered_text") : t("clients.none_text")}
              action={
                typed && (
                  <Button size="xs" variant="default" onClick={() => setTyped("")}>
                    {t("clients.clear")}
                  </Button>
                )
              }
            />
          ) : (
            <VirtualList items={items} height={58} keyOf={(item) => item.id} label={t("clients.list")} className={css.rows} more={more} chosen={chosen} row={(item) => <Row client={item} chosen={item.id === chosen} />} />
          )}
        </section>
      )}
      {(!phone || chosen) && (
        <section className={css.main} aria-label={t("clients.card")}>
          {chosen ? <Card key={chosen} id={chosen} back={phone ? () => goUp("/clients") : undefined} /> : <div className={css.nobody}><Empty icon="userCard" title={t("clients.choose")} text={t("clients.choose_text")} /></div>}
        </section>
      )}
    </div>
  );
}
