import { acceptOffer, declineOffer } from "../api/acts";
import { Problem } from "../api/http";
import type { Offer } from "../api/types";
import { named, useI18n } from "../i18n";
import { navigate } from "../router";
import { useProblemText } from "../ui/states";
import { toast } from "../ui/toasts";

/** Accept or decline an offer and say what came of it: from the strip, a card or a notice. */
export function useOfferCalls() {
  const { t } = useI18n();
  const text = useProblemText();
  const accept = async (offer: Offer) => {
    try {
      await acceptOffer(offer);
      const open = () => navigate(`/inbox/mine/${offer.contact.id}`);
      // What was written in a dialog would be lost: there one goes when it is done.
      if (document.querySelector("[data-cc-modal] form")) toast("good", t("offer.accepted", { name: named(offer.contact.client, t) }), { label: t("notice.open"), run: open });
      else open();
    } catch (error) {
      if (error instanceof Problem && error.code === "offer_gone") {
        const by = error.body.taken_by as { name: string } | null | undefined;
        toast("info", by ? t("offer.taken_by", { name: by.name }) : t("offer.gone"));
      } else toast("bad", text(error));
    }
  };
  const decline = async (offer: Offer, reason: string) => {
    try {
      await declineOffer(offer, reason);
    } catch (error) {
      if (!(error instanceof Problem && error.status === 409)) toast("bad", text(error));
    }
  };
  return { accept, decline };
}
