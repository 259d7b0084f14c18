/** What the provider itself says of the connection; asked when the page opens, and by hand. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Connection } from "../../../api/types";
import { get } from "../../../api/http";
import { titled } from "../../../i18n";
import { full } from "../../../i18n/time";
import { reasonIn } from "../../../talk/reasons";
import { Icon } from "../../../ui/Icon";
import { useWords } from "../../texts";
import { useProviders } from "../useProviders";
import css from "./health.module.css";

export function ProviderSide({ account }: { account: Connection }) {
  const i18n = useWords();
  const { w, locale } = i18n;
  const providers = useProviders();
  const provider = providers.data?.items.find((one) => one.name === account.provider);
  const reports = Boolean(provider?.capabilities.reports);
  const { id } = account;
  const told = useQuery({ queryKey: ["provider-report", id, account.health], queryFn: () => get("/accounts/{id}/report", { path: { id } }), enabled: reports, staleTime: 60_000 });
  if (!reports) return null;
  const { data } = told;
  // The path is ours alone; in front of it a proxy's address may stand, behind it what the provider is asked to do.
  const elsewhere = data?.address && account.webhook_url && !data.address.includes(new URL(account.webhook_url).pathname);
  return (
    <li className={css.tile} data-bad={Boolean(data?.problem ?? data?.error) || undefined}>
      <h3>{w("account_health.provider", { name: titled(provider?.title, locale) })}</h3>
      {data?.problem && <p>{reasonIn(locale, data.words)}</p>}
      {data && !data.problem && (
        <>
          <p className={css.big}>
            <b>{data.waiting ?? data.name}</b> {data.waiting === null ? "" : w("account_health.pending")}
          </p>
          {data.waiting !== null && data.name && <p>{data.name}</p>}
          {data.error && <p>{w("account_health.provider_error", { words: data.error, at: data.error_at ? full(i18n, data.error_at) : "" })}</p>}
          {elsewhere && <p>{w("account_health.elsewhere", { address: data.address })}</p>}
        </>
      )}
      <Button size="compact-sm" variant="default" loading={told.isFetching} onClick={() => void told.refetch()} leftSection={<Icon name="refresh" size={14} />}>
        {w("wizard.ask_again")}
      </Button>
    </li>
  );
}
