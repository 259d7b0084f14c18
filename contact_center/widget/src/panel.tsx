// What opens: a labelled dialog with the conversation, a form before it where asked, and the
// composer. Loaded on first open, or at once where the visitor has talked before.
// Class components and plain `h`: the hooks would cost a tenth of the size budget.
import { Component, createRef, Fragment, h, render } from "preact";
import type { Icons } from "./icons";
import type { Lang } from "./texts";
import type { FileInfo, Net, Refusal } from "./net";
import { type Field, type Identity, later, type Link, type Message, Transport, type Waiting } from "./transport";

export interface PanelOptions {
  net: Net; icons: Icons; lang: Lang; whole: boolean; words: readonly string[];
  side: "left" | "right"; identity?: Identity;
  onUnread: (count: number, color?: string) => void; onClose: () => void; onMessage: (message: Message) => void;
}
export interface Panel {
  open: () => void; close: () => void; send: (text: string) => void;
  identify: (identity: Identity) => void; logout: () => void;
}

let icons: Icons;
const Icon = ({ of }: { of: keyof Icons }) => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d={icons[of]} /></svg>
);
export function mount(root: ShadowRoot, options: PanelOptions): Panel {
  icons = options.icons;
  const place = document.createElement("div");
  root.append(place);
  const { net } = options;
  let open = false;
  let told: string | undefined;
  const [, closeWord = "", , connecting = "", offline = ""] = options.words;
  const first: Texts = { close: closeWord, connecting, offline };
  const transport = new Transport(net, options.lang, update, options.identity);

  function update(): void {
    if (transport.link.state === "off") { // signed out: nothing stays in the fields
      render(null, place);
      if (open) transport.start();
    }
    const { link } = transport;
    const seen = net.get("seen") ?? "";
    const last = link.messages.at(-1);
    const answers = link.messages.filter((one) => one.from === "operator");
    for (const one of answers) if (told !== undefined && later(one.cursor, told)) options.onMessage(one);
    told = link.loaded ? answers.at(-1)?.cursor ?? "" : undefined;
    if (open && last && !document.hidden) {
      if (later(last.cursor, seen)) net.put("seen", last.cursor);
      const answer = answers.at(-1);
      if (answer && later(answer.cursor, seen)) transport.read(answer.cursor);
    }
    options.onUnread(open ? 0 : answers.filter((one) => later(one.cursor, seen)).length, link.session?.theme.color);
    const t = { ...first, ...link.session?.texts };
    render(<Dialog link={link} open={open} t={t} options={options} transport={transport} close={close} />, place);
  }
  function show(): void { open = true; transport.start(); update(); }
  function close(): void { if (options.whole) return; open = false; update(); options.onClose(); }
  addEventListener("visibilitychange", update);
  transport.start();
  update();
  return {
    open: show, close: () => { open = false; update(); },
    send: (text) => transport.send(text),
    identify: (identity) => transport.identify(identity),
    logout: () => transport.logout(),
  };
}

/** The words, by name; until the session brings them only the first few are there. */
type Texts = Record<string, string>;

interface Props { link: Link; open: boolean; t: Texts; options: PanelOptions; transport: Transport; close: () => void }

/** `left`: a message for later is being written, and is not taken away when somebody becomes ready. */
interface Asking { asked?: boolean; left?: boolean }

class Dialog extends Component<Props, Asking> {
  render({ link, open, t, options, transport, close }: Props, { asked, left }: Asking) {
    const { session } = link;
    const fresh = link.loaded && !link.messages.length && !link.queue.length;
    const turned = link.messages.at(-1)?.code === "mail_form" && !link.queue.length;
    const away = turned || (left && fresh) || (!!session && !(session.open && session.ready));
    const form = session && (turned || (fresh && !asked)) && (away ? session.offline_form : session.prechat.length > 0);
    const operator = link.contact?.operator?.name;
    const waits = !away && link.contact?.state === "open" && !operator;
    const state = !session ? t.connecting : operator ?? link.contact?.wait?.[options.lang] ?? (away ? t.away : t.subtitle || t.online);
    return (
      <section class={`panel ${options.side} ${options.whole ? "whole" : ""}`} role="dialog" aria-label={t.title || options.words[0]} hidden={!open} lang={options.lang}
        onKeyDown={(event) => { if (event.key === "Escape") { event.stopPropagation(); close(); } }}>
        <header>
          <div><h2>{t.title}</h2><p>{state}</p></div>
          {waits && <button type="button" class="out" onClick={() => transport.leave()}>{t.out}</button>}
          {!options.whole && <button type="button" class="icon" aria-label={t.close} onClick={close}><Icon of="close" /></button>}
        </header>
        <div role="status">
          {link.state === "offline" && <div class="net">{t.offline}</div>}
          {link.state === "blocked" && <div class="net">{t.blocked}</div>}
        </div>
        {form ? <Ask {...{ link, t, options, transport, away, tell: (state) => this.setState(state) }} />
          : <Talk {...{ link, open, t, options, transport }} />}
      </section>
    );
  }
}

type AskProps = Omit<Props, "open" | "close"> & { away: boolean; tell: (state: Asking) => void };

class Ask extends Component<AskProps, { missing?: string }> {
  fields(): Field[] {
    const { session } = this.props.link;
    const asked = session?.prechat ?? [];
    if (!this.props.away || asked.some(({ type }) => type && type !== "text")) return asked;
    return [...(asked.length ? asked : [{ name: "name" }]), { name: "email", type: "email", required: true }];
  }

  submit = (event: Event) => {
    event.preventDefault();
    const { away, transport, tell } = this.props;
    const box = event.currentTarget as HTMLFormElement;
    const given: Record<string, string> = {};
    for (const [name, value] of new FormData(box)) given[name] = (value as string).trim();
    const wanted = [...this.fields().filter((one) => one.required).map((one) => one.name), ...(away ? ["message"] : [])];
    const missing = wanted.find((name) => !given[name]) ?? (box.checkValidity() ? "" : "email");
    if (missing) {
      this.setState({ missing });
      (box.elements.namedItem(missing) as HTMLElement | null)?.focus();
      return;
    }
    const { message, ...rest } = given;
    transport.prechat = rest;
    if (message) transport.send(message, [], { prechat: rest, offline: true });
    tell({ asked: true, left: false });
  };

  render({ link, t, away, options, tell }: AskProps, { missing }: { missing?: string }) {
    const session = link.session!;
    const opens = session.opens_at && new Intl.DateTimeFormat(options.lang, { weekday: "long", hour: "2-digit", minute: "2-digit" }).format(new Date(session.opens_at));
    const wrong = (name: string) => missing === name && <span class="err" role="alert">{t.required}</span>;
    return (
      <form class="ask" noValidate onSubmit={this.submit} onInput={() => tell({ left: away })}>
        <p>{away ? t.offline_text || t.leaveHint : t.greeting}</p>
        {away && opens && <p>{t.opens}: {opens}</p>}
        {this.fields().map(({ name, label, type, required }) => (
          <label key={name}>
            <span>{label || t[name] || name}{required && " *"}</span>
            <input name={name} {...{ type: type ?? "text" } as { type: "text" }} autocomplete={({ email: "email", phone: "tel", name: "name" })[name] ?? "off"}
              maxLength={200} aria-required={required} aria-invalid={missing === name} />
            {wrong(name)}
          </label>
        ))}
        {away && <label><span>{t.message} *</span><textarea name="message" rows={4} maxLength={session.limits.text} aria-required="true" aria-invalid={missing === "message"} />{wrong("message")}</label>}
        <button class="go2" type="submit">{away ? t.leave : t.start}</button>
      </form>
    );
  }
}

type TalkProps = Omit<Props, "close">;

class Talk extends Component<TalkProps> {
  log = createRef<HTMLDivElement>();
  stuck = true;
  componentDidMount() { this.componentDidUpdate(); }

  /** What is below the eye stays there when earlier messages come in above it, unannounced. */
  getSnapshotBeforeUpdate(before: TalkProps) {
    const box = this.log.current!;
    const above = before.link.messages[0] !== this.props.link.messages[0];
    box.ariaLive = above ? "off" : "polite";
    return above ? box.scrollHeight - box.scrollTop : 0;
  }
  componentDidUpdate(_?: unknown, __?: unknown, below?: number) {
    const box = this.log.current!;
    if (this.stuck || below) box.scrollTop = box.scrollHeight - (this.stuck ? 0 : below!);
  }

  render({ link, open, t, options, transport }: TalkProps) {
  const clock = new Intl.DateTimeFormat(options.lang, { hour: "2-digit", minute: "2-digit" });
  const dates = new Intl.DateTimeFormat(options.lang, { day: "numeric", month: "long" });
  let day = dates.format(new Date());
  let who = "";
  return (
    <>
      <div class="log" ref={this.log} role="log" aria-label={t.log} tabIndex={0} onScroll={({ currentTarget: box }) => { this.stuck = box.scrollHeight - box.scrollTop - box.clientHeight < 40; if (box.scrollTop < 40) transport.earlier(); }}>
        {t.greeting && <div class="m"><div class="b">{t.greeting}</div></div>}
        {link.messages.map((one) => {
          const today: string = dates.format(new Date(one.at));
          const line = today !== day && <div class="day" key={today}>{today}</div>;
          const system = one.from === "system";
          const speaker = (one.from === "operator" && (one.name || t.someone)) || "";
          const name = speaker !== who && speaker;
          day = today;
          who = speaker;
          const status = one.from === "visitor" && (later(one.cursor, link.operatorRead) ? t.delivered : t.read);
          const words = one.text || (system && t[one.code ?? ""]);
          if (system && !words) return line;
          return (
            <>
              {line}
              <div key={one.id} class={`m ${one.from === "visitor" ? "me" : system ? "sys" : ""}`}>
                {name && <span class="who">{name}</span>}
                {system ? words : <div class="b">{words}<Files of={one.attachments} options={options} /></div>}
                {!system && <span class="meta">{clock.format(new Date(one.at))}{status && ` · ${status}`}</span>}
              </div>
            </>
          );
        })}
        {link.queue.map((one) => <Pending key={one.id} {...{ one, t, link, transport, options }} />)}
        {link.typing && <div class="m"><span class="who">{link.contact?.operator?.name ?? t.someone} {t.typing}</span><div class="b dots"><i /><i /><i /></div></div>}
      </div>
      <Composer {...{ link, open, t, options, transport }} />
    </>
  );
}
}

function Pending({ one, t, link, transport, options }: { one: Waiting; t: Texts; link: Link; transport: Transport; options: PanelOptions }) {
  return (
    <div class="m me">
      <div class="b">{one.text}<Files of={one.attachments} options={options} /></div>
      {one.failed ? (
        <span class="meta bad" role="alert">{t.failed}: {one.failed}
          <button type="button" onClick={() => transport.retry(one.id)}>{t.retry}</button>
          <button type="button" onClick={() => transport.drop(one.id)}>{t.drop}</button></span>
      ) : <span class="meta">{link.state === "offline" ? t.waiting : t.sending}</span>}
    </div>
  );
}

function Files({ of, options: { net, lang } }: { of: FileInfo[]; options: PanelOptions }) {
  return <>{of.map((file) => (
    <a class="file" key={file.id} href={file.url && new URL(file.url, net.origin).href} target="_blank" rel="noreferrer">
      <Icon of="file" /><span>{file.name}</span><small>{net.size(file.size, lang)}</small></a>
  ))}</>;
}

interface Upload { name: string; part: number; error?: string | false; stop: AbortController }
interface Composing { text: string; going: Upload[] }

class Composer extends Component<TalkProps, Composing> {
  state: Composing = { text: this.props.options.net.get("draft") ?? "", going: [] };
  field = createRef<HTMLTextAreaElement>();
  picker = createRef<HTMLInputElement>();

  componentDidMount() { this.componentDidUpdate(); }
  componentDidUpdate(before?: Partial<TalkProps>) {
    const box = this.field.current!;
    if (this.props.open && !before?.open) box.focus();
    if (this.props.link.session) this.attach(this.props.transport.early.splice(0));
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight + 2, 140)}px`;
  }

  type = (text: string) => {
    this.setState({ text });
    this.props.options.net.put("draft", text);
    if (text) this.props.transport.typing();
  };

  send = () => {
    const { transport } = this.props;
    const text = this.state.text.trim();
    if (!text) return;
    transport.send(text);
    this.type("");
    this.field.current?.focus();
  };

  change(stop: AbortController, part?: Partial<Upload>) {
    this.setState(({ going }) => ({ going: part ? going.map((one) => (one.stop === stop ? { ...one, ...part } : one)) : going.filter((one) => one.stop !== stop) }));
  }

  attach(files: Iterable<File>) {
    const { link: { session }, t, options, transport } = this.props;
    if (!session) { transport.early.push(...files); return this.forceUpdate(); }
    const limit = session.limits.file_bytes;
    const large = `${t.tooLarge} ${options.net.size(limit, options.lang)}`;
    for (const file of files) {
      const stop = new AbortController();
      const over = file.size > limit;
      stop.signal.onabort = () => this.change(stop);
      this.setState(({ going }) => ({ going: [...going, { stop, name: file.name, part: 0, error: over && large }] }));
      if (!over) options.net.upload(file, (part) => this.change(stop, { part }), stop.signal).then(
        (info) => { this.change(stop); if (session.visitor === transport.link.session?.visitor) transport.send("", [info]); },
        (error: Refusal) => this.change(stop, { error: error.status === 413 ? large : error.message || t.refused }),
      );
    }
  }

  render({ link, t, transport }: TalkProps, { text, going }: Composing) {
    return (
      <div onDragOver={(event) => event.preventDefault()} onDrop={(event) => { event.preventDefault(); this.attach(event.dataTransfer?.files ?? []); }}>
        {transport.early.map(({ name }) => <div class="up">{name}</div>)}
        {going.map((one) => (
          <div class="up" key={one.stop} role={one.error ? "alert" : "status"}>
            <span>{one.error ? `${one.name}: ${one.error}` : t.uploading + " " + one.name}</span>
            {!one.error && <progress value={one.part} aria-label={one.name} />}
            <button type="button" class="icon" aria-label={`${t.cancel}: ${one.name}`} onClick={() => one.stop.abort()}><Icon of="close" /></button>
          </div>
        ))}
        <div class="compose">
          <button type="button" class="icon" aria-label={t.attach} disabled={!link.session} onClick={() => this.picker.current?.click()}><Icon of="clip" /></button>
          <input ref={this.picker} class="vh" type="file" multiple tabIndex={-1} aria-hidden="true" onChange={(event) => { this.attach([...(event.currentTarget.files ?? [])]); event.currentTarget.value = ""; }} />
          <textarea ref={this.field} rows={1} value={text} placeholder={t.write} aria-label={t.write} maxLength={link.session?.limits.text} onInput={(event) => this.type(event.currentTarget.value)}
            onPaste={(event) => { const files = event.clipboardData?.files; if (files?.length) { event.preventDefault(); this.attach(files); } }}
            onKeyDown={(event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); } }} />
          <button type="button" class="icon send" aria-label={t.send} disabled={!text.trim()} onClick={this.send}><Icon of="send" /></button>
        </div>
      </div>
    );
  }
}
