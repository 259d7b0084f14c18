import { QueryClientProvider } from "@tanstack/react-query";
import { Suspense } from "react";
import { queries } from "./api/client";
import type { Me } from "./api/types";
import type { Catalogue, Locale } from "./i18n";
import { usePlace } from "./router";
import { Session } from "./shell/session";
import { Failed } from "./ui/states";
import { Boundary, lazily } from "./ui/lazily";
import { Toasts } from "./ui/toasts";

const AuthPages = lazily(() => import("./auth/AuthPages"));
const Shell = lazily(() => import("./shell/Shell"));

function Pages({ me, failed }: { me: Me | null; failed: { error: unknown; retry: () => void } | null }) {
  const { parts } = usePlace();
  const byLink = parts[0] === "first" || parts[0] === "invitation" || parts[0] === "reset";
  if (failed && !me) return <Failed error={failed.error} retry={failed.retry} />;
  return (
    <Suspense fallback={null}>
      {!me || byLink ? <AuthPages page={byLink ? (parts[0] === "first" ? "first" : "invitation") : "sign-in"} /> : <Shell key={me.employee.id} />}
    </Suspense>
  );
}

export function App({ first }: { first: { locale: Locale; catalogue: Catalogue } }) {
  return (
    <QueryClientProvider client={queries}>
      <Session first={first}>
        {(me, failed) => (
          <>
            <Boundary>
              <Pages me={me} failed={failed} />
            </Boundary>
            <Toasts />
          </>
        )}
      </Session>
    </QueryClientProvider>
  );
}
