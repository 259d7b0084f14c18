import { Suspense, useEffect, useState } from "react";
import { useContactOrRow } from "../api/hooks";
import { useI18n } from "../i18n";
import { live } from "../live/connection";
import { goUp } from "../router";
import { KeyCaps } from "../ui/KeyCaps";
import { Bones, Empty } from "../ui/states";
import { useMedia } from "../ui/useMedia";
import { ContactPane } from "./ContactPane";
import { drafts } from "./drafts";
import { List } from "./List";
import { inboxPath, useInboxPlace } from "./place";
import { Views } from "./Views";
import { lazily } from "../ui/lazily";
import css from "./inbox.module.css";

const ClientPanel = lazily(() => import("./ClientPanel"));
const PanelDrawer = lazily(() => import("./PanelDrawer"));

export function Inbox() {
  const { t } = useI18n();
  const place = useInboxPlace();
  const phone = useMedia("(max-width: 48em)");
  const two = useMedia("(max-width: 80em)");
  const wide = useMedia("(min-width: 87.5em)");
  const { contact, row } = useContactOrRow(place.contact);
  // Whose client drawer is open: it does not go on to the next contact.
  const [panel, setPanel] = useState<string | null>(null);
  const opened = place.contact;

  useEffect(() => {
    live.view(opened);
    return () => {
      // Another contact is opened: what was typed for this one is saved at once.
      void drafts.flush();
    };
  }, [opened]);
  useEffect(() => () => live.view(null), []);

  const showList = !phone || !opened;
  const showThread = !phone || opened;
  return (
    <div className={css.inbox} data-phone={phone || undefined}>
      {wide && <Views place={place} />}
      {showList && <List place={place} chips={!wide} />}
      {showThread &&
        (opened ? (
          <ContactPane
            key={opened}
            id={opened}
            contact={contact}
            row={row}
            onBack={phone ? () => goUp(inboxPath({ ...place, contact: null })) : undefined}
            onPanel={two ? () => setPanel(opened) : undefined}
          />
        ) : (
          <section className={css.nothing}>
            <Empty
              icon="inbox"
              title={t("inbox.nothing_open")}
              text={t("inbox.nothing_open_text")}
              action={
                <span className={css.hints}>
                  <KeyCaps id="next" /> <KeyCaps id="previous" /> {t("inbox.hint_move")}
                </span>
              }
            />
          </section>
        ))}
      {opened && !two && row && (
        <aside className={css.aside} aria-label={t("client.panel")}>
          <Suspense fallback={<Bones rows={3} kind="line" />}>
            <ClientPanel row={row} contact={contact} />
          </Suspense>
        </aside>
      )}
      <Suspense fallback={null}>
        {panel !== null && panel === opened && two && row && <PanelDrawer row={row} contact={contact} phone={phone} onClose={() => setPanel(null)} />}
      </Suspense>
    </div>
  );
}
