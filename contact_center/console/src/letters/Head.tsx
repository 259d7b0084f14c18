/** Who wrote a letter to whom, folded to one line, and how far the sender is proven. */
import { Tooltip } from "@mantine/core";
import { useId, useState } from "react";
import type { Message } from "../api/types";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import { useAbout } from "./about";
import { type Box, type Check, chosenOf, type Mail, proofOf, type SenderProof, shown, standing } from "./mail";
import { useLetterWords } from "./texts";
import css from "./letter.module.css";

const PROOF: Record<SenderProof, { icon: IconName; tone: string }> = {
  dmarc: { icon: "shield", tone: "good" },
  aligned: { icon: "shield", tone: "good" },
  none: { icon: "question", tone: "none" },
  unjudged: { icon: "question", tone: "none" },
  forged: { icon: "warning", tone: "bad" },
};
const CHECKS: readonly Check[] = ["spf", "dkim", "dmarc"];

/** Why the sender counts as proven or not, sentence by sentence. */
function useReasons(mail: Mail): string[] {
  const { l, maybeWord } = useLetterWords();
  const more = [mail.own && l("why.own"), mail.doubtful && l("why.doubtful")].filter((one): one is string => Boolean(one));
  const checks = CHECKS.flatMap((check) => {
    const result = mail.verdict[check];
    return result ? [`${l(`check.${check}`)}: ${maybeWord(`result.${result}`) ?? result}`] : [];
  });
  return [l(`why.${proofOf(mail)}`), ...more, ...checks];
}

function ProofBadge({ mail }: { mail: Mail }) {
  const { l } = useLetterWords();
  const proof = proofOf(mail);
  const reasons = useReasons(mail);
  const { icon, tone } = PROOF[proof];
  return (
    <Tooltip multiline w={300} label={<>{reasons.map((reason) => <span key={reason} className={css.reason}>{reason}</span>)}</>}>
      <span className={css.badge} data-tone={tone}>
        <Icon name={icon} size={13} />
        {l(`proof.${proof}`)}
      </span>
    </Tooltip>
  );
}

const short = ({ name, address }: Box) => name || address;

/** To whom and with copies for whom, in a few words. */
function useNamed(to: readonly Box[], copies: readonly Box[]): string {
  const { l } = useLetterWords();
  const named = ([["head.to_whom", to], ["head.copies", copies]] as const).flatMap(([word, boxes]) => {
    const names = boxes.slice(0, 2).map(short).join(", ");
    const rest = boxes.length - 2;
    return boxes.length ? [l(word, { names: rest > 0 ? `${names}, ${l("head.more", { n: rest })}` : names })] : [];
  });
  return named.join(" · ");
}

function Line({ word, boxes }: { word: "head.from" | "head.to" | "head.cc" | "head.bcc" | "head.reply_to"; boxes: readonly Box[] }) {
  const { l } = useLetterWords();
  if (!boxes.length) return null;
  return (
    <>
      <dt>{l(word)}</dt>
      <dd>{boxes.map(shown).join(", ")}</dd>
    </>
  );
}

export function Head({ message, mail }: { message: Message; mail: Mail | null }) {
  const { l } = useLetterWords();
  const contact = useAbout();
  const [open, setOpen] = useState(false);
  const details = useId();
  const chosen = chosenOf(message);
  const from = mail?.from ? [mail.from] : [];
  const to = mail?.to ?? chosen.to ?? [];
  const cc = mail?.cc ?? chosen.cc ?? [];
  const bcc = chosen.bcc ?? [];
  const named = useNamed(to, [...cc, ...bcc]);
  // Of a server that reports what became of a letter nobody expects to be a person.
  const stands = mail && contact && !mail.bounces.length ? standing(mail, contact) : "owner";
  if (!mail && !to.length && !cc.length && !bcc.length && !chosen.automatic) return null;
  return (
    <div className={css.head}>
      <div className={css.headLine}>
        {(from.length > 0 || named) && (
          <button type="button" className={css.people} aria-expanded={open} aria-controls={details} title={l("head.details")} onClick={() => setOpen(!open)}>
            <Icon name={open ? "chevronDown" : "chevronRight"} size={14} />
            <span className="ellipsis">
              {from[0] && <b>{from[0].address}</b>}
              {from[0] && named && " · "}
              {named}
            </span>
          </button>
        )}
        {stands !== "owner" && (
          <span className={css.badge} data-tone={stands === "stranger" ? "warn" : "none"}>
            <Icon name={stands === "stranger" ? "warning" : "user"} size={13} />
            {l(`stand.${stands}`)}
          </span>
        )}
        {mail && <ProofBadge mail={mail} />}
        {chosen.automatic && (
          <span className={css.badge} data-tone="none">
            <Icon name="robot" size={13} />
            {l("mark.auto")}
          </span>
        )}
        {chosen.forwards && (
          <span className={css.badge} data-tone="none">
            <Icon name="forward" size={13} />
            {l("mark.forwarded")}
          </span>
        )}
      </div>
      {open && (
        <dl id={details} className={css.details}>
          <Line word="head.from" boxes={from} />
          <Line word="head.to" boxes={to} />
          <Line word="head.cc" boxes={cc} />
          <Line word="head.bcc" boxes={bcc} />
          <Line word="head.reply_to" boxes={mail?.reply_to ?? []} />
          {mail && <Proven mail={mail} />}
        </dl>
      )}
    </div>
  );
}

function Proven({ mail }: { mail: Mail }) {
  const { l } = useLetterWords();
  return (
    <>
      <dt>{l(`proof.${proofOf(mail)}`)}</dt>
      <dd>
        {useReasons(mail).map((reason) => (
          <span key={reason} className={css.reason}>{reason}</span>
        ))}
      </dd>
    </>
  );
}
