/** Who is signed in, in which language and looks. Above everything that needs a person. */
import { MantineProvider, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { changeMe, noteMe } from "../api/acts";
import { MeContext, preferencesOf } from "../api/hooks";
import { get, Problem } from "../api/http";
import { keys } from "../api/keys";
import type { Me, Settings } from "../api/types";
import { type Catalogue, I18nContext, loadCatalogue, type Locale, makeI18n } from "../i18n";
import { theme } from "../theme";
import { noteServerNow } from "../ui/now";
import "./person";

function cspNonce(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]');
  return meta?.nonce || meta?.getAttribute("nonce") || "";
}

function TellScheme({ scheme }: { scheme: Settings["theme"] }) {
  const { setColorScheme } = useMantineColorScheme();
  useEffect(() => {
    if (scheme) setColorScheme(scheme);
  }, [scheme, setColorScheme]);
  return null;
}

interface SessionProps {
  first: { locale: Locale; catalogue: Catalogue };
  children: (me: Me | null, failed: { error: unknown; retry: () => void } | null) => ReactNode;
}

export function Session({ first, children }: SessionProps) {
  const [language, setLanguage] = useState(first);
  const query = useQuery({
    queryKey: keys.me,
    queryFn: async () => {
      try {
        const me = await get("/me");
        noteServerNow(me.now);
        noteMe(me);
        return me;
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const me = query.data ?? null;

  const use = useCallback(async (locale: Locale) => {
    localStorage.setItem("cc.locale", locale);
    const catalogue = await loadCatalogue(locale);
    setLanguage({ locale, catalogue });
  }, []);

  const chosen = me?.employee.locale;
  useEffect(() => {
    if (chosen === "ru" || chosen === "en") void use(chosen);
  }, [chosen, use]);

  const signedIn = me !== null;
  const i18n = useMemo(
    () =>
      makeI18n(language.catalogue, language.locale, me?.employee.zone || undefined, (locale) => {
        void use(locale);
        if (signedIn) void changeMe({ locale }).catch(() => {});
      }),
    [language, me?.employee.zone, signedIn, use],
  );

  useEffect(() => {
    document.documentElement.lang = language.locale;
  }, [language.locale]);

  const likes = me ? preferencesOf(me) : {};
  const density = likes.density ?? "comfortable";
  useEffect(() => {
    document.documentElement.dataset.density = density;
  }, [density]);

  const failed = query.isError ? { error: query.error, retry: () => void query.refetch() } : null;
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={cspNonce}>
      <TellScheme scheme={likes.theme} />
      <I18nContext.Provider value={i18n}>
        <MeContext.Provider value={me}>{query.isPending ? null : children(me, failed)}</MeContext.Provider>
      </I18nContext.Provider>
    </MantineProvider>
  );
}
