/** Parts of the console that are loaded when they are wanted. After an update of the service an
 *  open page may ask for files that are gone: then it says so, in place of falling apart. */
import { Component, type ComponentType, lazy, type LazyExoticComponent, type ReactNode } from "react";
import { Button } from "@mantine/core";
import { useI18n } from "../i18n";
import { Icon } from "./Icon";
import css from "./states.module.css";

function Outdated() {
  const { t } = useI18n();
  return (
    <div className={css.outdated} role="alert">
      <Icon name="refresh" size={18} />
      <span>{t("state.outdated")}</span>
      <Button size="compact-sm" onClick={() => location.reload()}>
        {t("act.reload")}
      </Button>
    </div>
  );
}

// Any props will do: what could not be loaded cannot look at them.
// oxlint-disable-next-line typescript/no-explicit-any
export function lazily<T extends ComponentType<any>>(load: () => Promise<{ default: T }>): LazyExoticComponent<T> {
  return lazy(() => load().catch(() => ({ default: Outdated as unknown as T })));
}

/** The last resort: what is drawn went wrong, and the operator must get on. */
export class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? <Outdated /> : this.props.children;
  }
}
