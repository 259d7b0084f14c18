import { Suspense, use, useEffect, useMemo, useRef } from "react";
import { useMe } from "../api/hooks";
import { useI18n } from "../i18n";
import { linkTo, usePlace } from "../router";
import { Icon } from "../ui/Icon";
import { Bones, Empty } from "../ui/states";
import "./kit/styles";
import { type AdminSection, adminSections } from "./sections";
import { loadWords, useWords, WordsContext } from "./texts";
import { lazily } from "../ui/lazily";
import css from "./admin.module.css";

const GROUPS = ["people", "work", "connections", "service"] as const;
const pages = new Map(adminSections.map((section) => [section.path, lazily(section.load)]));

function Navigation({ sections, here }: { sections: readonly AdminSection[]; here: string | undefined }) {
  const { t, w } = useWords();
  const own = useRef<HTMLElement>(null);
  // On a phone the sections are one scrolling line; the chosen one must be in sight.
  useEffect(() => {
    // Browsers may answer with a promise, which is nothing to clean up with.
    void own.current?.querySelector(`a[href="/admin/${here}"]`)?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [here]);
  return (
    <nav className={css.nav} aria-label={t("nav.admin")} ref={own}>
      <h2>{t("nav.admin")}</h2>
      {GROUPS.map((group) => {
        const listed = sections.filter((section) => section.group === group);
        if (!listed.length) return null;
        return (
          <div key={group}>
            <h3>{t(`admin_group.${group}`)}</h3>
            {listed.map((section) => (
              <a key={section.path} {...linkTo(`/admin/${section.path}`)} className={css.navItem} aria-current={section.path === here ? "page" : undefined}>
                <Icon name={section.icon} size={17} />
                <span className="ellipsis">{w(section.title)}</span>
              </a>
            ))}
          </div>
        );
      })}
    </nav>
  );
}

/** /admin/<section>/…: the navigation at the left, the chosen page beside it. */
export default function AdminPages() {
  const { t, locale } = useI18n();
  const words = use(loadWords(locale));
  const { permissions } = useMe();
  const { parts } = usePlace();
  const allowed = useMemo(() => adminSections.filter((section) => permissions.includes(section.permission)), [permissions]);
  const here = parts[1] ?? allowed[0]?.path;
  const Page = here && allowed.some((section) => section.path === here) ? pages.get(here) : undefined;
  return (
    <WordsContext value={words}>
      <div className={css.admin}>
        <Navigation sections={allowed} here={here} />
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div className={css.page} tabIndex={0} role="region" aria-label={t("nav.admin")}>
          <Suspense fallback={<Bones rows={8} />}>{Page ? <Page /> : <Empty icon="settings" title={t("admin.no_page")} text={t("admin.no_page_text")} />}</Suspense>
        </div>
      </div>
    </WordsContext>
  );
}
