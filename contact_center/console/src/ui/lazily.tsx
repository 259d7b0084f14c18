/** Parts of the console that are loaded when they are wanted. After an update of the service an
 *  open page may ask for files that are gone: then it says so, in place of falling apart. */
import { Component, type ComponentProps, type ComponentType, lazy, type LazyExoticComponent, type ReactNode, useEffect } from "react";
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

/** How long after a failure it is tried again, in ms: Wi-Fi may have been gone for a moment. */
const PAUSES = [500, 2000];

export async function loaded<T>(load: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return await load();
    } catch {
      await new Promise((done) => setTimeout(done, pause));
    }
  }
  return load();
}

// Any props will do: what could not be loaded cannot look at them.
// oxlint-disable-next-line typescript/no-explicit-any
export function lazily<T extends ComponentType<any>>(load: () => Promise<{ default: T }>): (props: ComponentProps<T>) => ReactNode {
  let part: LazyExoticComponent<T>;
  const begin = () => {
    const begun = lazy(() =>
      loaded(load).catch(() => {
        // Who comes back to it finds it tried anew.
        const Missing = () => {
          useEffect(() => () => void (part === begun && begin()), []);
          return <Outdated />;
        };
        return { default: Missing as unknown as T };
      }),
    );
    part = begun;
  };
  begin();
  return function Part(props) {
    const Here = part;
    return <Here {...props} />;
  };
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
