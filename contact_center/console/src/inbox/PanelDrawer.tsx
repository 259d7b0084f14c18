import { Drawer } from "@mantine/core";
import "@mantine/core/styles/Drawer.css";
import type { Contact, ContactRow } from "../api/types";
import { useI18n } from "../i18n";
import ClientPanel from "./ClientPanel";

/** The client card where there is no room for a third pane. */
export default function PanelDrawer({ row, contact, phone, onClose }: { row: ContactRow; contact: Contact | undefined; phone: boolean; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Drawer opened onClose={onClose} size={phone ? "100%" : 360} title={t("client.panel")} padding={0} closeButtonProps={{ "aria-label": t("act.close_panel"), mr: 12 }} styles={{ title: { paddingLeft: 16, fontWeight: 600 } }} data-cc-modal>
      <ClientPanel row={row} contact={contact} />
    </Drawer>
  );
}
