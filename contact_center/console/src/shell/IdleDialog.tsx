import { Modal } from "@mantine/core";
import { useI18n } from "../i18n";
import WhyIdle from "../routing/WhyIdle";

/** Why nothing comes to me: loaded when it is asked for, dialog and all. */
export default function IdleDialog({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Modal opened onClose={onClose} title={t("act.why_idle")} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal>
      <WhyIdle />
    </Modal>
  );
}
