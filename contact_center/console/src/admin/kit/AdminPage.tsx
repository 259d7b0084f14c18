import type { ReactNode } from "react";
import css from "./kit.module.css";

/** The frame of one administration page: a title, what it is for, the one main action. */
export function AdminPage({ title, text, action, children }: { title: string; text?: string; action?: ReactNode; children: ReactNode }) {
  return (
    <div className={css.page}>
      <header className={css.head}>
        <div>
          <h1>{title}</h1>
          {text && <p>{text}</p>}
        </div>
        {action}
      </header>
      {children}
    </div>
  );
}

export function Card({ title, text, children }: { title?: string; text?: string; children: ReactNode }) {
  return (
    <section className={css.card}>
      {title && <h2>{title}</h2>}
      {text && <p className={css.text}>{text}</p>}
      {children}
    </section>
  );
}
