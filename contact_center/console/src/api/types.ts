/** The API as the console uses it. Instants are RFC 3339 texts in UTC, ids are UUID texts. */

export type Id = string;
export type Title = Record<string, string>;
export type Permission = string;
export type Role = "operator" | "supervisor" | "administrator" | "light";
export type PresenceState = "ready" | "break" | "offline" | "not_answering";

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface AuthState {
  demo: boolean;
  demo_accounts: { email: string; name: string; role: Role; password: string }[];
  needs_first_admin: boolean;
  locale: string;
}

export interface Settings {
  theme?: "auto" | "light" | "dark";
  density?: "comfortable" | "compact";
  sounds?: { offer?: boolean; message?: boolean; volume?: number; quiet_when_focused?: boolean };
  notices?: boolean;
  shortcuts?: boolean;
}

export interface Employee {
  id: Id;
  name: string;
  email: string;
  role: Role;
  locale: string;
  zone: string;
  settings: Settings;
  version?: number;
}

export interface Me {
  employee: Employee;
  permissions: Permission[];
  csrf: string;
  presence: PresenceState;
  presence_reason: string | null;
  presence_since: string | null;
  presence_next: string | null;
  ceilings: Record<string, number>;
  demo: boolean;
  workspace: { name: string; locale: string; zone: string };
  now: string;
}

export interface DirectoryEmployee {
  id: Id;
  name: string;
  role: Role;
  state: string;
  presence: PresenceState;
  presence_reason: string | null;
  presence_since: string | null;
  load: Record<string, number>;
  ceilings: Record<string, number>;
  queues: Id[];
}

export interface Queue {
  id: Id;
  name: string;
  department_id: Id;
  wrap_up_seconds: number;
  wrap_up_code_required: boolean;
  open: boolean;
  waiting: number;
  archived?: boolean;
}

export interface Coded {
  id: Id;
  code: string;
  title: Title;
  position: number;
}

export interface ResultCode extends Coded {
  queue_id: Id | null;
}

export interface Account {
  id: Id;
  title: string;
  provider: string;
  medium: string;
  brand_id?: Id;
}

export interface Directory {
  employees: DirectoryEmployee[];
  departments: { id: Id; name: string }[];
  queues: Queue[];
  kinds: Coded[];
  result_codes: ResultCode[];
  break_reasons: Coded[];
  brands: { id: Id; name: string }[];
  accounts: Account[];
}

export type View = "mine" | "offered" | "queue" | "unread" | "waiting" | "closed" | "all";
export type Sort = "newest" | "oldest" | "waiting";

export interface Counts {
  mine: number;
  offered: number;
  queue: number;
  unread: number;
  waiting: number;
  closed: number | null;
  all?: number | null;
  queues: Record<Id, number>;
}

export interface Work {
  id: Id;
  state: "waiting" | "offered" | "active" | "wrap_up" | "done";
  version: number;
  operator_id: Id | null;
  offer_id: Id | null;
  offer_until: string | null;
  wrap_up_until: string | null;
  arrived_at: string;
  origin: string;
  note: string;
}

export interface ContactRow {
  id: Id;
  number: number;
  version: number;
  state: "open" | "closed";
  medium: string;
  account: { id: Id; title: string; provider: string };
  brand_id: Id;
  queue_id: Id;
  operator_id: Id | null;
  client: { id: Id; name: string; kind: string };
  identity: { id: Id; medium: string; value: string; proof: Proof };
  kind_id: Id | null;
  result_code_id: Id | null;
  subject: string | null;
  last_text: string;
  last_kind: string;
  last_at: string | null;
  last_seq: number;
  read_seq: number;
  unread: number;
  awaiting: "us" | "client" | "nobody";
  waiting_since: string | null;
  opened_at: string;
  closed_at: string | null;
  follows_id: Id | null;
  draft: boolean;
  spam: boolean;
  automatic: boolean;
  locale: string | null;
  work: Work | null;
}

export type Proof = "claimed" | "provider" | "signed" | "confirmed";
export type DraftKind = "reply" | "note";

export interface Draft {
  text: string;
  attachments: Attachment[];
  changed_at?: string;
}

export interface Contact extends ContactRow {
  participants: { identity_id?: Id; id?: Id; name?: string; role: string; medium?: string; value?: string; verified: boolean }[];
  data: {
    page?: string | { url?: string; title?: string };
    referrer?: string;
    title?: string;
    prechat?: Record<string, string>;
    [key: string]: unknown;
  };
  drafts: Partial<Record<DraftKind, Draft | null>>;
  capabilities: Partial<Capabilities>;
  can: Partial<Record<"reply" | "note" | "take" | "transfer" | "close" | "wrap_up" | "spam" | "not_spam" | "edit", boolean>>;
  client_read_seq: number;
}

export interface Capabilities {
  text_limit: number | null;
  attachments: Record<string, number> | null;
  typing: boolean;
  receipts: boolean | string;
}

export type MessageKind = "inbound" | "outbound" | "note" | "system" | "call" | "survey";
export type DeliveryState =
  | "held"
  | "pending"
  | "sending"
  | "sent"
  | "delivered"
  | "read"
  | "failed"
  | "uncertain"
  | "cancelled";

export interface Attachment {
  id: Id;
  kind: string;
  name: string;
  type: string;
  size: number | null;
  state: "wanted" | "stored" | "too_large" | "gone" | "infected";
  url: string | null;
  width: number | null;
  height: number | null;
}

export interface Message {
  id: Id;
  contact_id: Id;
  seq: number;
  kind: MessageKind;
  text: string;
  author: { type: "client" | "employee" | "system"; id: Id | null; name: string } | null;
  created_at: string;
  provider_at: string | null;
  edited_at: string | null;
  deleted_at: string | null;
  reply_to: Id | null;
  attachments: Attachment[];
  data: Record<string, unknown>;
  delivery: {
    state: DeliveryState | null;
    reason: string | null;
    hold_until: string | null;
    can_retry: boolean;
  } | null;
  version: number;
  client_msg_id: string | null;
}

export interface MessagePage {
  items: Message[];
  has_before: boolean;
  has_after: boolean;
  version: number;
}

export interface Offer {
  id: Id;
  work_id: Id;
  created_at: string;
  until: string;
  seconds: number;
  contact: ContactRow;
  recent: { id: Id; number: number; opened_at: string; last_text: string; result_code_id: Id | null }[];
  explanation: Record<string, unknown>;
}

export interface Identity {
  id: Id;
  medium: string;
  value: string;
  name: string;
  proof: Proof;
  created_at?: string;
  seen_at?: string | null;
}

export interface Client {
  id: Id;
  kind: "person" | "company" | "public_body";
  name: string;
  locale: string | null;
  stage: string;
  fields: Record<string, unknown>;
  responsible_id: Id | null;
  created_at: string;
  version: number;
  identities: Identity[];
  notes: { id: Id; text: string; created_at: string; employee_id: Id | null }[];
  changes: { field: string; old: unknown; new: unknown; at: string; employee_id: Id | null; source: string }[];
  contacts_total: number;
  merged_into: Id | null;
}

export interface ClientRow {
  id: Id;
  name: string;
  kind: string;
  stage: string;
  locale: string | null;
  created_at: string;
  addresses: string[];
}

export interface SearchAnswer {
  clients: ClientRow[];
  contacts: ContactRow[];
}
