/** One field of a provider's settings, drawn from its description. */
import { ActionIcon, Button, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { SettingField } from "../../api/types";
import { titled } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { NumberField, type TwoTexts, TwoTextFields } from "../kit/fields";
import { Tag } from "../kit/parts";
import { useWords } from "../texts";
import { linesOf, type PrechatQuestion } from "./settings";
import css from "./accounts.module.css";

interface InputProps {
  field: SettingField;
  value: unknown;
  onChange: (value: unknown) => void;
  error?: string;
  /** A secret that has a value at the server. */
  isSet: boolean;
}

export function SettingInput(props: InputProps) {
  const { w, locale } = useWords();
  const { field, value, onChange, error } = props;
  const label = titled(field.label, locale);
  const help = titled(field.help, locale) || undefined;
  const option = (name: string) => ({ value: name, label: titled(field.called[name], locale) || name });
  const common = { label, description: help, error, placeholder: field.example || undefined };
  if (field.secret) return <SecretInput {...props} label={label} help={help} />;
  switch (field.type) {
    case "texts":
      return <TwoTextFields label={label} text={help} value={value as TwoTexts} onChange={onChange} error={error} long={JSON.stringify(value).length > 90} />;
    case "flag":
      return <Switch label={label} description={help} checked={Boolean(value)} onChange={(event) => onChange(event.currentTarget.checked)} error={error} />;
    case "number":
      return <NumberField {...common} value={value as number | null} onChange={onChange} />;
    case "choice":
      return <Select {...common} allowDeselect={false} data={field.options.map(option)} value={String(value)} onChange={(next) => onChange(next)} />;
    case "list":
      return field.options.length ? <OptionList {...props} label={label} help={help} /> : <ListInput {...props} label={label} help={help} />;
    case "color":
      return <ColorInput {...common} value={String(value)} onChange={onChange} />;
    case "questions":
      return <Questions label={label} help={help} value={value as PrechatQuestion[]} onChange={onChange} error={error} />;
    case "long_text":
      return <Textarea {...common} autosize minRows={3} maxRows={10} value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value)} />;
    default:
      return <TextInput {...common} type={field.type === "url" ? "url" : "text"} value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value)} placeholder={field.example || w("form.not_set")} />;
  }
}

type Worded = InputProps & { label: string; help: string | undefined };

/** undefined: as it is; null: cleared, or made anew by the house; a text: the new value. */
function SecretInput({ field, value, onChange, error, isSet, label, help }: Worded) {
  const { w } = useWords();
  const [typing, setTyping] = useState(false);
  const keep = () => {
    setTyping(false);
    onChange(undefined);
  };
  const state = value === null ? (field.generated ? "secret.will_make" : "secret.will_clear") : isSet ? "secret.is_set" : field.generated ? "secret.will_make" : "secret.not_set";
  if (typing || (!isSet && !field.generated)) {
    return (
      <TextInput
        label={label}
        description={help}
        error={error}
        type="password"
        autoComplete="new-password"
        value={String(value ?? "")}
        onChange={(event) => onChange(event.currentTarget.value || undefined)}
        placeholder={w("secret.paste")}
        rightSection={isSet ? <ActionIcon size={26} onClick={keep} aria-label={w("secret.keep")}><Icon name="undo" size={15} /></ActionIcon> : undefined}
      />
    );
  }
  return (
    <fieldset className={css.secret}>
      <legend>{label}</legend>
      {help && <p>{help}</p>}
      <div>
        <Tag tone={value === null ? "warn" : isSet ? "good" : "none"} icon={value === null ? "refresh" : isSet ? "lock" : "info"}>
          {w(state)}
        </Tag>
        {value === null ? (
          <Button size="compact-xs" variant="subtle" onClick={keep}>
            {w("secret.keep")}
          </Button>
        ) : (
          <>
            <Button size="compact-xs" variant="subtle" onClick={() => setTyping(true)} aria-label={w("secret.replace_of", { name: label })}>
              {w(isSet ? "secret.replace" : "secret.own")}
            </Button>
            {isSet && field.generated && (
              <Button size="compact-xs" variant="subtle" onClick={() => onChange(null)} aria-label={w("secret.anew_of", { name: label })}>
                {w("secret.anew")}
              </Button>
            )}
          </>
        )}
      </div>
      {error && <p className={css.fault}>{error}</p>}
    </fieldset>
  );
}

function ListInput({ value, onChange, error, label, help, field }: Worded) {
  const { w } = useWords();
  const [text, setText] = useState((value as string[]).join("\n"));
  return (
    <Textarea
      label={label}
      description={`${help ? `${help} ` : ""}${w("form.one_per_line")}`}
      error={error}
      autosize
      minRows={2}
      maxRows={8}
      placeholder={field.example.replaceAll(/,\s*/g, "\n")}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(linesOf(event.currentTarget.value));
      }}
      onBlur={() => setText((value as string[]).join("\n"))}
    />
  );
}

/** Some of a few, in the order in which they were chosen: the first one counts most. */
function OptionList({ field, value, onChange, error, label, help }: Worded) {
  const { w, locale } = useWords();
  const chosen = value as string[];
  return (
    <fieldset className={css.secret}>
      <legend>{label}</legend>
      {help && <p>{help}</p>}
      <div className={css.options}>
        {field.options.map((name) => {
          const worded = titled(field.called[name], locale) || name;
          const on = chosen.includes(name);
          return (
            <span key={name} className={css.option}>
              <label>
                <input type="checkbox" checked={on} onChange={() => onChange(on ? chosen.filter((one) => one !== name) : [...chosen, name])} />
                {worded}
              </label>
              {on && chosen[0] === name && chosen.length > 1 && <Tag tone="accent">{w("form.first")}</Tag>}
              {on && chosen[0] !== name && (
                <Button size="compact-xs" variant="subtle" onClick={() => onChange([name, ...chosen.filter((one) => one !== name)])} aria-label={w("form.make_first_of", { name: worded })}>
                  {w("form.make_first")}
                </Button>
              )}
            </span>
          );
        })}
      </div>
      {error && <p className={css.fault}>{error}</p>}
    </fieldset>
  );
}

interface ColorProps {
  label: string;
  description?: string;
  error?: string;
  placeholder?: string;
  value: string;
  onChange: (value: string) => void;
}

function ColorInput({ value, onChange, label, ...rest }: ColorProps) {
  const { w } = useWords();
  return (
    <TextInput
      {...rest}
      label={label}
      value={value}
      maxLength={7}
      onChange={(event) => onChange(event.currentTarget.value.trim())}
      leftSection={<input type="color" className={css.swatch} value={/^#[0-9a-f]{6}$/i.test(value) ? value : "#000000"} onChange={(event) => onChange(event.currentTarget.value)} aria-label={w("form.pick_color", { name: label })} />}
    />
  );
}

const KNOWN: PrechatQuestion[] = [
  { name: "name", label: { ru: "Имя", en: "Name" }, type: "text", required: true },
  { name: "email", label: { ru: "Эл. почта", en: "E-mail" }, type: "email", required: false },
  { name: "phone", label: { ru: "Телефон", en: "Phone" }, type: "phone", required: false },
];
const MOST = 8;

interface QuestionsProps {
  label: string;
  help: string | undefined;
  value: PrechatQuestion[];
  onChange: (value: PrechatQuestion[]) => void;
  error: string | undefined;
}

/** What a visitor is asked before the talk. */
function Questions({ label, help, value, onChange, error }: QuestionsProps) {
  const { w } = useWords();
  const put = (at: number, change: Partial<PrechatQuestion>) => onChange(value.map((one, here) => (here === at ? { ...one, ...change } : one)));
  const free = () => {
    let n = value.length + 1;
    while (value.some((one) => one.name === `question_${n}`)) n += 1;
    return `question_${n}`;
  };
  const unused = KNOWN.filter((known) => !value.some((one) => one.name === known.name));
  return (
    <fieldset className={css.secret}>
      <legend>{label}</legend>
      <p>{help ?? w("questions.text")}</p>
      <div className={css.questions}>
        {value.map((question, at) => (
          // A question's place is what tells it from others while its name is being typed.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={at} className={css.question} role="group" aria-label={w("questions.nth", { n: at + 1 })}>
            <TwoTextFields label={w("questions.label", { n: at + 1 })} value={question.label} onChange={(next) => put(at, { label: next })} />
            <div className={css.questionRow}>
              <Select size="xs" label={w("questions.type")} allowDeselect={false} value={question.type} onChange={(type) => put(at, { type: type as "text" })} data={(["text", "email", "phone"] as const).map((type) => ({ value: type, label: w(`question_type.${type}`) }))} />
              <TextInput size="xs" label={w("field.code")} value={question.name} onChange={(event) => put(at, { name: event.currentTarget.value })} />
            </div>
            <div className={css.questionActs}>
              <Switch size="sm" label={w("questions.required")} checked={question.required} onChange={(event) => put(at, { required: event.currentTarget.checked })} />
              <Button size="compact-xs" variant="subtle" color="red.8" className={css.dangerText} onClick={() => onChange(value.filter((_, here) => here !== at))} aria-label={w("questions.remove_nth", { n: at + 1 })}>
                {w("questions.remove")}
              </Button>
            </div>
          </div>
        ))}
        {value.length < MOST && (
          <div className={css.adders}>
            {unused.map((known) => (
              <Button key={known.name} size="compact-sm" variant="default" onClick={() => onChange([...value, known])} leftSection={<Icon name="plus" size={14} />}>
                {w(`question_known.${known.name as "name"}`)}
              </Button>
            ))}
            <Button size="compact-sm" variant="default" onClick={() => onChange([...value, { name: free(), label: { ru: "", en: "" }, type: "text", required: false }])} leftSection={<Icon name="plus" size={14} />}>
              {w("questions.add")}
            </Button>
          </div>
        )}
      </div>
      {error && <p className={css.fault}>{error}</p>}
    </fieldset>
  );
}
