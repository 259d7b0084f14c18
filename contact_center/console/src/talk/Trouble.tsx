/** What is amiss with a message of ours: why, and what can be done about it. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { resolveMessage, retryMessage } from "../api/acts";
import type { Message } from "../api/types";
import { useI18n } from "../i18n";
import { useAbout } from "../letters/about";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import css from "../inbox/message.module.css";
import talk from "./talk.module.css";
import { postponed } from "./reasons";
import { useTalkWords } from "./texts";
import { useRun } from "../ui/useRun";

function Line({ tone, icon, children, acts }: { tone: "bad" | "warn"; icon: IconName; children: ReactNode; acts?: ReactNode }) {
  return (
    <div className={css.trouble} data-tone={tone}>
      <span>
        <Icon name={icon} size={15} /> {children}
      </span>
      {acts && <span className={css.troubleActs}>{acts}</span>}
    </div>
  );
}

/** A change of a message that has left: on its way, or refused. */
function Change({ of: { act, state, text, reason } }: { of: NonNullable<Message["change"]> }) {
  const { w, why } = useTalkWords();
  const failed = state === "failed";
  return (
    <Line tone={failed ? "bad" : "warn"} icon={failed ? "warning" : "clock"}>
      {failed ? w(`change.not_${act}`, { reason: why(reason) }) : w(`change.${act}`)} {text && <q className={talk.q}>{text}</q>}
    </Line>
  );
}

export default function Trouble({ message }: { message: Message }) {
  return (
    <>
      {message.change && <Change of={message.change} />}
      <Sending message={message} />
    </>
  );
}

function Sending({ message }: { message: Message }) {
  const { t } = useI18n();
  const { w, why } = useTalkWords();
  const [busy, run] = useRun();
  const receipts = useAbout()?.capabilities.receipts ?? false;
  const { delivery } = message;
  const { state } = delivery;
  const act = (label: string, call: () => Promise<unknown>) => (
    <Button size="compact-xs" variant="default" loading={busy} onClick={() => run(call)}>
      {label}
    </Button>
  );
  if (state === "failed") {
    return (
      <Line tone="bad" icon="warning" acts={delivery.can_retry && act(t("act.retry"), () => retryMessage(message))}>
        {w("trouble.failed", { reason: why(delivery.reason) })}
      </Line>
    );
  }
  if (state === "uncertain") {
    const acts = (
      <>
        {act(w("trouble.arrived"), () => resolveMessage(message, "arrived"))}
        {act(w("trouble.send_again"), () => resolveMessage(message, "send_again"))}
      </>
    );
    return (
      <Line tone="warn" icon="question" acts={acts}>
        {w("trouble.uncertain", { reason: why(delivery.reason) })} {receipts && w("trouble.settles")} {w("trouble.decide")}
      </Line>
    );
  }
  if (delivery.reason && (state === "pending" || state === "sending")) {
    const some = postponed(delivery.reason);
    if (some.length) {
      return some.map(({ address, reason }) => (
        <Line key={address} tone="warn" icon="clock">
          {w("trouble.later", { address, reason: why(reason) })}
        </Line>
      ));
    }
    return (
      <Line tone="warn" icon="clock">
        {w("trouble.again", { reason: why(delivery.reason) })}
      </Line>
    );
  }
  return delivery.undelivered.map(({ address, reason }) => (
    <Line key={address} tone="warn" icon="warning">
      {w("trouble.undelivered", { address, reason: why(reason) })}
    </Line>
  ));
}
