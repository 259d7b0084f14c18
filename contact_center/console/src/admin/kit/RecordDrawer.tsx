import { Button, Drawer } from "@mantine/core";
import { type FormEvent, type ReactNode, useEffect } from "react";
import { Problem } from "../../api/http";
import { useI18n } from "../../i18n";
import { guardNavigation } from "../../router";
import { useProblemText } from "../../ui/states";
import { toast } from "../../ui/toasts";
import type { Form } from "./useForm";
import css from "./kit.module.css";

interface DrawerProps<T> {
  title: string;
  form: Form<T>;
  onClose: () => void;
  children: ReactNode;
  /** Beside the save button: archive, reset link… */
  acts?: ReactNode;
  saveLabel?: string;
}

/** A record's form at the right: asks before unsaved changes are thrown away. */
export function RecordDrawer<T>({ title, form, onClose, children, acts, saveLabel }: DrawerProps<T>) {
  const { t } = useI18n();
  const text = useProblemText();
  const { dirty } = form;

  useEffect(() => {
    if (!dirty) return undefined;
    const ask = () => confirm(t("form.unsaved"));
    const lift = guardNavigation(ask);
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", unload);
    return () => {
      lift();
      removeEventListener("beforeunload", unload);
    };
  }, [dirty, t]);

  const close = () => {
    if (!dirty || confirm(t("form.unsaved"))) onClose();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!(await form.submit())) return;
    toast("good", t("form.saved"));
    onClose();
  };
  const stale = form.problem instanceof Problem && form.problem.status === 409 && form.problem.code === "conflict";
  return (
    <Drawer opened onClose={close} title={title} size={460} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal>
      <form className={css.form} onSubmit={(event) => void submit(event)} noValidate>
        {children}
        {form.problem ? (
          <p className={css.problem} role="alert">
            {stale ? t("form.changed") : text(form.problem)}
          </p>
        ) : null}
        <footer>
          {acts}
          <span className={css.push} />
          <Button variant="default" onClick={close}>
            {t("act.cancel")}
          </Button>
          <Button type="submit" loading={form.busy} disabled={!dirty}>
            {saveLabel ?? t("act.save")}
          </Button>
        </footer>
      </form>
    </Drawer>
  );
}
