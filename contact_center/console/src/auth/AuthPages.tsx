import { Button, PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import "@mantine/core/styles/PasswordInput.css";
import { noteMe, setPresence } from "../api/acts";
import { queries } from "../api/client";
import { useAuthState } from "../api/hooks";
import { get, post } from "../api/http";
import { keys } from "../api/keys";
import type { AuthState } from "../api/types";
import { useI18n } from "../i18n";
import { navigate, usePlace } from "../router";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { Logo } from "../ui/Logo";
import { useProblemText } from "../ui/states";
import { Checks, StartState, useStart } from "./Workplace";
import type { Start } from "./checks";
import css from "./auth.module.css";

/** Begin in the chosen state; who takes no work has none. */
async function begin(start: Start): Promise<void> {
  const me = await get("/me");
  noteMe(me);
  if (start === "offline" || me.presence === start || !me.permissions.includes("work")) return;
  await setPresence(start).catch(() => {}); // signed in all the same; the strip shows the state
}

/** Do something that signs in; afterwards the session is asked for again. */
function useSigning(start?: Start) {
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const run = async (name: string, call: () => Promise<unknown>) => {
    setBusy(name);
    setError(null);
    try {
      await call();
      if (start) await begin(start);
      await queries.invalidateQueries({ queryKey: keys.me });
      if (/^\/(first|invitation)/.test(location.pathname)) navigate("/", { replace: true });
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(null);
    }
  };
  return { busy, error, run };
}

function Frame({ title, text, children, aside }: { title: string; text: string; children: ReactNode; aside?: ReactNode }) {
  const { t, locale, setLocale } = useI18n();
  return (
    <div className={css.page}>
      <header className={css.top}>
        <Logo size={30} />
        <span className={css.brand}>{t("app.name")}</span>
        <button type="button" className={css.language} onClick={() => setLocale(locale === "ru" ? "en" : "ru")}>
          <Icon name="globe" size={16} />
          {locale === "ru" ? "English" : "Русский"}
        </button>
      </header>
      <main className={css.main}>
        <section className={css.card}>
          <h1>{title}</h1>
          <p className={css.lead}>{text}</p>
          {children}
        </section>
        {aside}
      </main>
    </div>
  );
}

function ErrorLine({ error }: { error: unknown }) {
  const text = useProblemText();
  if (!error) return null;
  return (
    <p className={css.error} role="alert">
      <Icon name="warning" size={16} /> {text(error)}
    </p>
  );
}

function DemoCards({ state, run, busy }: { state: AuthState } & Pick<ReturnType<typeof useSigning>, "run" | "busy">) {
  const { t, maybe } = useI18n();
  return (
    <section className={css.demo} aria-labelledby="demo-title">
      <h2 id="demo-title">{t("auth.demo_title")}</h2>
      <p>{t("auth.demo_text")}</p>
      <div className={css.cards}>
        {state.demo_accounts.map((account) => (
          <button
            key={account.email}
            type="button"
            className={css.account}
            disabled={busy !== null}
            onClick={() =>
              void run(account.email, () =>
                post("/auth/sign-in", { body: { email: account.email, password: account.password } }),
              )
            }
          >
            <Avatar id={account.email} name={account.name} size={36} />
            <span className={css.who}>
              <b className="ellipsis">{account.name}</b>
              <span>{maybe(`role.${account.role}`) ?? account.role}</span>
            </span>
            <Icon name="chevronRight" size={18} />
          </button>
        ))}
      </div>
    </section>
  );
}

function SignIn() {
  const { t } = useI18n();
  const { data: state } = useAuthState();
  const [start, setStart] = useStart();
  const { busy, error, run } = useSigning(start);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run("form", () => post("/auth/sign-in", { body: { email: email.trim(), password } }));
  };
  return (
    <Frame
      title={t("auth.sign_in")}
      text={t(state?.needs_first_admin ? "auth.needs_first" : "auth.sign_in_text")}
      aside={state?.demo ? <DemoCards state={state} run={run} busy={busy} /> : undefined}
    >
      <form onSubmit={submit} className={css.form}>
        <TextInput
          size="md"
          label={t("auth.email")}
          type="email"
          name="email"
          autoComplete="username"
          required
          withAsterisk={false}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          size="md"
          label={t("auth.password")}
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": t("auth.show_password") }}
        />
        <StartState value={start} onChange={setStart} />
        <ErrorLine error={error} />
        <Button type="submit" size="md" fullWidth loading={busy === "form"}>
          {t("auth.enter")}
        </Button>
      </form>
      <Checks />
    </Frame>
  );
}

/** The first administrator, or somebody invited: a name and a password over a one-time link. */
function ByLink({ page }: { page: "first" | "invitation" }) {
  const { t, locale } = useI18n();
  const { query } = usePlace();
  const { busy, error, run } = useSigning();
  const [form, setForm] = useState({ name: "", email: "", password: "", again: "" });
  // Behind '#', where it reaches no server log; in the query for links typed by hand.
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? query.get("token") ?? "";
  const short = form.password.length > 0 && form.password.length < 12;
  const differs = form.again.length > 0 && form.again !== form.password;
  const field = (name: keyof typeof form) => ({
    size: "md" as const,
    name,
    required: true,
    withAsterisk: false,
    value: form[name],
    onChange: (event: { currentTarget: HTMLInputElement }) => {
      const { value } = event.currentTarget;
      setForm((held) => ({ ...held, [name]: value }));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (short || form.again !== form.password) return;
    const { name, password } = form;
    void run("form", () =>
      page === "first"
        ? post("/auth/first", { body: { token, email: form.email.trim(), name, password, locale } })
        : post("/auth/invitation", { body: { token, name, password } }),
    );
  };
  return (
    <Frame title={t(page === "first" ? "auth.first" : "auth.invitation")} text={t(page === "first" ? "auth.first_text" : "auth.invitation_text")}>
      {token ? (
        <form onSubmit={submit} className={css.form}>
          <TextInput label={t("auth.name")} autoComplete="name" {...field("name")} />
          {page === "first" && <TextInput label={t("auth.email")} type="email" autoComplete="username" {...field("email")} />}
          <PasswordInput
            label={t("auth.new_password")}
            description={t("auth.password_rule")}
            autoComplete="new-password"
            error={short ? t("auth.too_short") : undefined}
            visibilityToggleButtonProps={{ "aria-label": t("auth.show_password") }}
            {...field("password")}
          />
          <PasswordInput
            label={t("auth.again")}
            autoComplete="new-password"
            error={differs ? t("auth.differs") : undefined}
            visibilityToggleButtonProps={{ "aria-label": t("auth.show_password") }}
            {...field("again")}
          />
          <ErrorLine error={error} />
          <Button type="submit" size="md" fullWidth loading={busy !== null}>
            {t("auth.start")}
          </Button>
        </form>
      ) : (
        <p className={css.error}>{t("auth.no_token")}</p>
      )}
    </Frame>
  );
}

export default function AuthPages({ page }: { page: "sign-in" | "first" | "invitation" }) {
  return page === "sign-in" ? <SignIn /> : <ByLink page={page} />;
}
