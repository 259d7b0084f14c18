import { Button, Drawer, SegmentedControl } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { QuarantinedRequest, QuarantineState } from "../../api/types";
import { useMay, useNames } from "../../api/hooks";
import { get } from "../../api/http";
import { full, stamp } from "../../i18n/time";
import { navigate, usePlace } from "../../router";
import { Icon } from "../../ui/Icon";
import type { IconName } from "../../ui/icons";
import { useNow } from "../../ui/now";
import { Bones, Failed } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { AdminPage } from "../kit/AdminPage";
import { Lines, ListTools, Tag, type Tone, useConfirm } from "../kit/parts";
import { useFocusBack } from "../kit/RecordDrawer";
import { RecordTable } from "../kit/RecordTable";
import { actOnRecord } from "../kit/useRecords";
import { useProblemWords } from "../kit/useProblemWords";
import { useWords } from "../texts";
import kit from "../kit/kit.module.css";
import css from "./service.module.css";

const FILTERS = ["waiting", "replayed", "dropped", "all"] as const;
const LOOKS: Record<QuarantineState, [Tone, IconName]> = { waiting: ["warn", "clock"], replayed: ["good", "check"], dropped: ["none", "trash"] };

function StateTag({ state }: { state: QuarantineState }) {
  const { w } = useWords();
  const [tone, icon] = LOOKS[state];
  return (
    <Tag tone={tone} icon={icon}>
      {w(`quarantine_state.${state}`)}
    </Tag>
  );
}

export default function QuarantinePage() {
  const i18n = useWords();
  const { t, w } = i18n;
  const now = useNow(15_000);
  const may = useMay("administer");
  const id = usePlace().parts[2];
  const [state, setState] = useState<(typeof FILTERS)[number]>("waiting");
  const list = useInfiniteQuery({
    queryKey: ["admin", "/quarantine", state],
    queryFn: ({ pageParam }) => get("/quarantine", { query: { state: state === "all" ? null : state, cursor: pageParam, limit: 50 } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: 30_000,
  });
  const report = useQuery({ queryKey: ["admin", "/health-report"], queryFn: () => get("/health-report") });
  const waiting = report.data?.quarantine.waiting ?? 0;
  const items = list.data?.pages.flatMap((page) => page.items);
  return (
    <AdminPage title={w("page.quarantine")} text={w("quarantine.text")}>
      <ListTools>
        <SegmentedControl
          size="xs"
          aria-label={w("field.state")}
          value={state}
          onChange={(value) => setState(value as typeof state)}
          data={FILTERS.map((value) => ({ value, label: value === "waiting" && waiting ? `${w("quarantine.waiting")} · ${waiting}` : w(value === "all" ? "list.all" : `quarantine.${value}`) }))}
        />
      </ListTools>
      <RecordTable
        label={w("page.quarantine")}
        records={{ data: items, isPending: list.isPending, isError: list.isError, error: list.error, refetch: list.refetch as never }}
        onOpen={may ? (one) => navigate(`/admin/quarantine/${one.id}`) : undefined}
        dimmed={(one) => one.state !== "waiting"}
        columns={[
          { title: w("quarantine.what"), cell: (one) => <Lines title={w(`quarantine_kind.${one.kind}`)} text={<span className={css.error}>{one.error}</span>} /> },
          { title: w("quarantine.account"), wide: true, cell: (one) => one.account },
          { title: w("quarantine.received"), wide: true, cell: (one) => stamp(i18n, one.received_at, now) },
          { title: w("field.state"), cell: (one) => <StateTag state={one.state} /> },
        ]}
        empty={{ icon: "shield", title: w(state === "waiting" ? "quarantine.none" : "quarantine.none_here"), text: w("quarantine.none_text") }}
      />
      {list.hasNextPage && (
        <div className={css.more}>
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("act.more_rows")}
          </Button>
        </div>
      )}
      {id && may && <RequestDrawer key={id} id={id} onClose={() => navigate("/admin/quarantine")} />}
    </AdminPage>
  );
}

/** A body as people read it: JSON with its lines, other text as it came. */
function readable(request: QuarantinedRequest): string {
  if (request.text === null) return request.body;
  try {
    return JSON.stringify(JSON.parse(request.text), null, 2);
  } catch {
    return request.text;
  }
}

function RequestDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const i18n = useWords();
  const { t, w } = i18n;
  const text = useProblemWords();
  const { employees } = useNames();
  const [dialog, ask] = useConfirm();
  const [busy, setBusy] = useState<"replay" | "drop" | null>(null);
  const request = useQuery({ queryKey: ["admin", "/quarantine", "one", id], queryFn: () => get("/quarantine/{id}", { path: { id } }) });
  useFocusBack();
  const act = async (name: "replay" | "drop") => {
    const asked = await ask(
      name === "replay"
        ? { title: w("quarantine.replay_title"), text: w("quarantine.replay_text"), yes: w("quarantine.replay") }
        : { title: w("quarantine.drop_title"), text: w("quarantine.drop_text"), yes: w("quarantine.drop"), danger: true },
    );
    if (!asked) return;
    setBusy(name);
    try {
      if (name === "drop") await actOnRecord("/quarantine/{id}/drop", id);
      const answer = name === "replay" ? await actOnRecord("/quarantine/{id}/replay", id) : null;
      toast("good", answer ? w("quarantine.replay_done", { stored: answer.stored, duplicates: answer.duplicates }) : w("quarantine.drop_done"));
      onClose();
    } catch (error) {
      toast("bad", text(error));
      void request.refetch();
    } finally {
      setBusy(null);
    }
  };
  const data = request.data;
  return (
    <Drawer opened onClose={onClose} title={w("quarantine.one")} size={640} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal classNames={{ title: kit.drawerTitle }}>
      {request.isPending && <Bones rows={6} kind="line" />}
      {request.isError && !data && <Failed error={request.error} retry={() => void request.refetch()} />}
      {data && (
        <div className={css.stack}>
          <p className={css.problem}>{data.error}</p>
          <dl className={css.facts}>
            <dt>{w("field.state")}</dt>
            <dd>
              <StateTag state={data.state} /> {data.settled_at && `${full(i18n, data.settled_at)}${data.settled_by ? ` · ${employees.get(data.settled_by)?.name ?? ""}` : ""}`}
            </dd>
            <dt>{w("quarantine.what")}</dt>
            <dd>{w(`quarantine_kind.${data.kind}`)}</dd>
            <dt>{w("quarantine.account")}</dt>
            <dd>{data.account}</dd>
            <dt>{w("quarantine.received")}</dt>
            <dd>{full(i18n, data.received_at)}</dd>
            <dt>{w("jobs.attempts")}</dt>
            <dd>{data.attempts}</dd>
            {data.method && (
              <>
                <dt>{data.method}</dt>
                <dd>{data.url}</dd>
              </>
            )}
          </dl>
          {Object.keys(data.headers).length > 0 && (
            <div>
              <h3>{w("quarantine.headers")}</h3>
              <dl className={css.facts}>
                {Object.entries(data.headers).map(([name, value]) => (
                  <Fact key={name} name={name} value={value} />
                ))}
              </dl>
            </div>
          )}
          <div>
            <h3>{w(data.text === null ? "quarantine.body_base64" : "quarantine.body")}</h3>
            {/* A scrolling area must be reachable by keyboard. */}
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <pre className={css.raw} tabIndex={0} role="region" aria-label={w("quarantine.body")}>
              {readable(data) || w("quarantine.no_body")}
            </pre>
          </div>
          {data.state === "waiting" && (
            <div className={css.acts}>
              <Button variant="default" loading={busy === "drop"} onClick={() => void act("drop")} leftSection={<Icon name="trash" size={16} />}>
                {w("quarantine.drop")}
              </Button>
              <Button loading={busy === "replay"} onClick={() => void act("replay")} leftSection={<Icon name="refresh" size={16} />}>
                {w("quarantine.replay")}
              </Button>
            </div>
          )}
        </div>
      )}
      {dialog}
    </Drawer>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
