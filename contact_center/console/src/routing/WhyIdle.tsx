import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNames } from "../api/hooks";
import { get } from "../api/http";
import { useI18n } from "../i18n";
import { linkTo } from "../router";
import { Icon } from "../ui/Icon";
import { Bones, Failed } from "../ui/states";
import { namesFrom, Wording } from "./words";
import css from "./routing.module.css";

/** Why an operator gets nothing, and what waits that is nearest to being for him; without an id: why I do. */
export default function WhyIdle({ id }: { id?: string }) {
  const i18n = useI18n();
  const { queues } = useNames();
  const [asked, setAsked] = useState(!id);
  const query = useQuery({
    queryKey: ["why-idle", id ?? "me"],
    queryFn: ({ signal }) => (id ? get("/employees/{id}/routing/why-idle", { path: { id }, signal }) : get("/me/routing/why-idle", { signal })),
    enabled: asked,
    gcTime: 0,
  });
  const said = query.data;
  const words = new Wording(i18n, namesFrom(said ?? {}, queues));
  return (
    <div className={css.idle}>
      <Button variant="default" size="xs" loading={query.isFetching} leftSection={<Icon name="question" size={16} />} onClick={() => (asked ? void query.refetch() : setAsked(true))}>
        {words.w(id ? "idle.button" : "my.again")}
      </Button>
      <div role="status">
        {asked && query.isPending && <Bones rows={2} kind="line" />}
        {query.isError && <Failed small error={query.error} retry={() => void query.refetch()} />}
        {said && (
          <>
            <div className={css.said}>
              {words.idle(said, !id).map((sentence) => (
                <p key={sentence}>{sentence}</p>
              ))}
            </div>
            {said.nearest && (
              <>
                <p className={css.nearest}>
                  {said.nearest.contact_id ? <a {...linkTo(`/inbox/all/${said.nearest.contact_id}`)}>{words.nearest(said.nearest)}</a> : words.nearest(said.nearest)}
                </p>
                {said.nearest.gates.length > 0 && (
                  <>
                    <p className={css.none}>{words.w("idle.lacks")}</p>
                    <ul className={css.gates}>
                      {said.nearest.gates.map((gate) => (
                        <li key={`${gate.code}${String(gate.values["skill"] ?? "")}`}>{words.gate(gate)}</li>
                      ))}
                    </ul>
                  </>
                )}
              </>
            )}
          </>
        )}
      </div>
    </div>
  );
}
