/** Links by which clients begin a talk, each saying where they met us: made, copied, shown as a code, revoked. */
import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, Suspense, useState } from "react";
import { queries } from "../../api/client";
import { useMay } from "../../api/hooks";
import { del, get, post } from "../../api/http";
import type { Connection, PlaceLink } from "../../api/types";
import { full } from "../../i18n/time";
import { Icon } from "../../ui/Icon";
import { lazily } from "../../ui/lazily";
import { Failed } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { CopyField, Group, Pair, useConfirm } from "../kit/parts";
import { useProblemWords } from "../kit/useProblemWords";
import { codeFrom } from "../lists/order";
import { useWords } from "../texts";
import css from "./accounts.module.css";

const Qr = lazily(() => import("../../ui/Qr"));
const KINDS = ["campaign", "site", "shop", "point_of_sale", "number"] as const;

export function StartLinks({ account }: { account: Connection }) {
  const { w } = useWords();
  const administers = useMay("administer");
  const may = administers && !account.archived_at;
  const key = ["admin", "start-links", account.id];
  const links = useQuery({ queryKey: key, queryFn: () => get("/accounts/{id}/start-links", { path: { id: account.id } }) });
  const renew = () => queries.invalidateQueries({ queryKey: key });
  const items = links.data?.items ?? [];
  if (!may && !items.length) return null;
  return (
    <Group title={w("start.title")} text={w("start.text")}>
      {links.isError && <Failed small error={links.error} retry={() => void links.refetch()} />}
      {items.map((link) => (
        <Link key={link.id} account={account.id} link={link} may={may} onGone={renew} />
      ))}
      {may && <Make account={account.id} onMade={renew} />}
    </Group>
  );
}

function Link({ account, link, may, onGone }: { account: string; link: PlaceLink; may: boolean; onGone: () => Promise<void> }) {
  const i18n = useWords();
  const { w } = i18n;
  const text = useProblemWords();
  const [coded, setCoded] = useState(false);
  const [dialog, ask] = useConfirm();
  const revoke = async () => {
    if (!(await ask({ title: w("start.revoke_title", { name: link.title }), text: w("start.revoke_text"), yes: w("start.revoke"), danger: true }))) return;
    try {
      await del("/accounts/{id}/start-links/{link_id}", { path: { id: account, link_id: link.id } });
      await onGone();
    } catch (error) {
      toast("bad", text(error));
    }
  };
  const used = link.used_at ? w("start.used", { at: full(i18n, link.used_at) }) : w("start.unused");
  return (
    <div className={css.start}>
      <div className={css.startHead}>
        <span>
          <b>{link.title}</b>
          <small>{[w(`start.kind.${link.kind}`), link.key, used].join(" · ")}</small>
        </span>
        {link.url && (
          <Button size="compact-sm" variant="subtle" aria-expanded={coded} onClick={() => setCoded(!coded)}>
            {w("start.code")}
          </Button>
        )}
        {may && (
          <ActionIcon size={28} aria-label={w("start.revoke_title", { name: link.title })} onClick={() => void revoke()}>
            <Icon name="trash" size={16} />
          </ActionIcon>
        )}
      </div>
      {link.url && <CopyField label="" value={link.url} />}
      {coded && link.url && (
        <Suspense fallback={null}>
          <Qr value={link.url} label={w("start.code_of", { name: link.title })} />
        </Suspense>
      )}
      {dialog}
    </div>
  );
}

function Make({ account, onMade }: { account: string; onMade: () => Promise<void> }) {
  const { w } = useWords();
  const text = useProblemWords();
  const [kind, setKind] = useState<PlaceLink["kind"]>("campaign");
  const [title, setTitle] = useState("");
  const [busy, setBusy] = useState(false);
  const ready = codeFrom(title) !== "";
  const make = async () => {
    setBusy(true);
    try {
      await post("/accounts/{id}/start-links", { path: { id: account }, body: { kind, key: codeFrom(title), title: title.trim() } });
      setTitle("");
      await onMade();
    } catch (error) {
      toast("bad", text(error));
    } finally {
      setBusy(false);
    }
  };
  // It stands within the connection's form, which is another one.
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (ready && !busy) void make();
  };
  return (
    <>
      <Pair>
        <Select label={w("start.kind")} allowDeselect={false} data={KINDS.map((value) => ({ value, label: w(`start.kind.${value}`) }))} value={kind} onChange={(next) => setKind(next as PlaceLink["kind"])} />
        <TextInput label={w("start.name")} placeholder={w("start.name_example")} maxLength={100} value={title} onChange={(event) => setTitle(event.currentTarget.value)} onKeyDown={onKeyDown} />
      </Pair>
      <div className={css.links}>
        <Button size="xs" variant="default" loading={busy} disabled={!ready} onClick={() => void make()} leftSection={<Icon name="plus" size={15} />}>
          {w("start.make")}
        </Button>
      </div>
    </>
  );
}
