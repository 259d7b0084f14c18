import { Button, Drawer } from "@mantine/core";
import { type FormEvent, type ReactNode, useEffect, useRef } from "react";
import { useMay } from "../../api/hooks";
import { Problem } from "../../api/http";
import { useI18n } from "../../i18n";
import { guardNavigation } from "../../router";
import { toast } from "../../ui/toasts";
import { useProblemWords } from "./useProblemWords";
import { useWords } from "../texts";
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
  size?: number;
  /** A new record may be saved as it stands. */
  fresh?: boolean;
  /** What saving leads to where it is not closing: the form says it itself. */
  onSaved?: () => void;
}

/** Where the focus was before the drawer came is where it goes when the drawer leaves. */
export function useFocusBack(): void {
  const before = useRef(document.activeElement);
  useEffect(() => {
    const held = before.current;
    return () => {
      requestAnimationFrame(() => {
        if (document.activeElement === document.body && held instanceof HTMLElement) held.focus();
      });
    };
  }, []);
}

/** A record's form at the right: asks before unsaved changes are thrown away. Who may only look
 *  gets it without the means to change. */
export function RecordDrawer<T>({ title, form, onClose, children, acts, saveLabel, size = 480, fresh, onSaved }: DrawerProps<T>) {
  const { t } = useI18n();
  const { w } = useWords();
  const text = useProblemWords();
  const may = useMay("administer");
  const { dirty } = form;
  const lift = useRef(() => {});
  useFocusBack();

  useEffect(() => {
    if (!dirty) return undefined;
    const ask = () => confirm(t("form.unsaved"));
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    lift.current = guardNavigation(ask);
    addEventListener("beforeunload", unload);
    return () => {
      lift.current();
      removeEventListener("beforeunload", unload);
    };
  }, [dirty, t]);

  const close = () => {
    if (dirty && !confirm(t("form.unsaved"))) return;
    lift.current();
    onClose();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!(await form.submit())) {
      requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-cc-modal] [aria-invalid="true"]')?.focus());
      return;
    }
    lift.current();
    if (onSaved) return onSaved();
    toast("good", t("form.saved"));
    onClose();
  };
  const stale = form.problem instanceof Problem && form.problem.status === 409 && form.problem.code === "conflict";
  const faulty = Object.values(form.faults).some(Boolean);
  return (
    <Drawer opened onClose={close} title={title} size={size} closeButtonProps={{ "aria-label": t("act.dismiss") }} data-cc-modal classNames={{ body: css.drawerBody, title: css.drawerTitle }}>
      <form className={css.form} onSubmit={(event) => void submit(event)} noValidate>
        <fieldset className={css.fields} disabled={!may}>
          {children}
        </fieldset>
        {form.problem || faulty ? (
          <p className={css.problem} role="alert">
            {faulty ? w("form.faulty") : stale ? t("form.changed") : text(form.problem)}
          </p>
        ) : null}
        {may ? (
          <footer>
            {acts}
            <span className={css.push} />
            <Button variant="default" onClick={close}>
              {t("act.cancel")}
            </Button>
            <Button type="submit" loading={form.busy} disabled={!dirty && !fresh}>
              {saveLabel ?? t("act.save")}
            </Button>
          </footer>
        ) : (
          <p className={css.hint}>{w("form.read_only")}</p>
        )}
      </form>
    </Drawer>
  );
}
