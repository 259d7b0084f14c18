/** What a letter is beside its text: written by a machine, a bounce, an invitation, protected. */
import type { ReactNode } from "react";
import { useI18n } from "../i18n";
import { full } from "../i18n/time";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { type Bounce, instantOf, type Invitation, type Mail } from "./mail";
import { useLetterWords, type Word } from "./texts";
import css from "./letter.module.css";

const AUTOMATIC: Record<string, Word> = { "auto-reply": "mark.auto", "out-of-office": "mark.out_of_office", bulk: "mark.bulk", loop: "mark.loop" };
const BOUNCED: Record<string, Word> = { failed: "mark.bounce", delayed: "mark.delayed" };

function Mark({ icon, tone, title, children }: { icon: IconName; tone?: "bad" | "warn"; title: string; children?: ReactNode }) {
  return (
    <div className={css.mark} data-tone={tone}>
      <Icon name={icon} size={15} />
      <div>
        <b>{title}</b>
        {children}
      </div>
    </div>
  );
}

function Bounces({ bounces }: { bounces: readonly Bounce[] }) {
  const { l } = useLetterWords();
  const [first] = bounces;
  const word = BOUNCED[first?.action ?? ""] ?? "mark.delivered";
  return (
    <Mark icon="warning" tone={word === "mark.bounce" ? "bad" : word === "mark.delayed" ? "warn" : undefined} title={l(word)}>
      <ul>
        {bounces.map((one) => (
          <li key={`${one.recipient} ${one.status} ${one.reason}`}>
            {l("bounce.line", { recipient: one.recipient ?? "?", reason: [one.status, one.reason].filter(Boolean).join(" · ") || l("bounce.unknown") })}
          </li>
        ))}
      </ul>
    </Mark>
  );
}

function Invited({ given }: { given: Invitation }) {
  const { l } = useLetterWords();
  const i18n = useI18n();
  // In the operator's own time where the letter says which instant it is.
  const times = [given.starts, given.ends].filter(Boolean).map((time) => {
    const at = instantOf(time);
    return at ? full(i18n, at) : time;
  });
  const method = given.method.toUpperCase();
  const title = l(method === "CANCEL" ? "invite.cancel" : method === "REPLY" ? "invite.reply" : "invite.title");
  const rows: [Word, string][] = [
    ["invite.when", times.join(" – ")],
    ["invite.where", given.place],
    ["invite.who", given.organizer],
  ];
  return (
    <Mark icon="calendar" title={given.summary ? `${title}: ${given.summary}` : title}>
      <dl className={css.details}>
        {rows.map(([word, text]) =>
          text ? (
            <div key={word}>
              <dt>{l(word)}</dt>
              <dd>{text}</dd>
            </div>
          ) : null,
        )}
      </dl>
    </Mark>
  );
}

export function Marks({ mail }: { mail: Mail }) {
  const { l, maybeWord } = useLetterWords();
  const automatic = AUTOMATIC[mail.automatic ?? ""];
  return (
    <>
      {mail.bounces.length > 0 && <Bounces bounces={mail.bounces} />}
      {automatic && <Mark icon="robot" title={l(automatic)} />}
      {mail.protection.map((kind) => (
        <Mark key={kind} icon={kind.endsWith("signed") ? "info" : "lock"} title={maybeWord(`mark.${kind.replaceAll("-", "_")}`) ?? l("mark.protected")}>
          {kind.endsWith("encrypted") && <p>{l("mark.encrypted_text")}</p>}
          {kind.endsWith("signed") && <p>{l(mail.warnings.includes("signed-unreadable") ? "mark.unreadable_text" : "mark.unchecked_text")}</p>}
        </Mark>
      ))}
      {mail.invitations.map((one) => (
        <Invited key={`${one.summary} ${one.starts}`} given={one} />
      ))}
      {mail.shortened && (
        <Mark icon="info" tone="warn" title={l("mark.shortened")}>
          <p>{l("mark.shortened_text")}</p>
        </Mark>
      )}
    </>
  );
}
