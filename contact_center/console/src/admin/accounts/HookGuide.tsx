/** How mails get to an account that takes them at its hook: from a mail server of one's own. */
import type { Connection } from "../../api/types";
import { CopyField } from "../kit/parts";
import { useWords } from "../texts";

const FOLDER = "/etc/contact-center";

export function HookGuide({ account }: { account: Connection }) {
  const { w } = useWords();
  const { webhook_url: hook, settings } = account;
  if (!hook || settings.receives !== "hook") return null;
  const command = `contact-center mail-pipe --url ${hook} --secret-file ${FOLDER}/hook-key`;
  const transport = `contact-center unix - n n - 4 pipe\n  flags=Rq user=mail argv=${command}`;
  return (
    <>
      <CopyField label={w("accounts.pipe")} text={w("accounts.pipe_text", { file: `${FOLDER}/hook-key` })} value={command} />
      <CopyField label={w("accounts.postfix")} text={w("accounts.postfix_text")} value={transport} />
      <CopyField label={w("accounts.mailgun")} text={w("accounts.mailgun_text")} value={`${hook}/mime`} />
    </>
  );
}
