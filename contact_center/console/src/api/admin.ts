/** What administration reads and writes; instants are RFC 3339 texts in UTC. */
import type { Id, PresenceState, Role, Title } from "./types";

export interface CodedEntry {
  id: Id;
  code: string;
  title: Title;
  position: number;
  archived_at: string | null;
  queue_id?: Id | null;
}

export interface StaffMember {
  id: Id;
  email: string;
  name: string;
  role: Role;
  state: "invited" | "active" | "disabled";
  locale: string;
  zone: string;
  created_at: string;
  version: number;
  departments: Id[];
  queues: Id[];
  skills: { skill_id: Id; level: number }[];
  presence: PresenceState;
  budget: number;
  ceilings: Record<string, number>;
}

export interface Department {
  id: Id;
  name: string;
  parent_id: Id | null;
  archived_at: string | null;
  version: number;
  members: Id[];
}

export type Hours = Record<string, [string, string][]>;

export interface QueueRecord {
  id: Id;
  name: string;
  department_id: Id;
  brand_id: Id | null;
  zone: string;
  hours: Hours;
  priority_seconds: number;
  offer_seconds: number;
  wrap_up_seconds: number;
  wrap_up_code_required: boolean;
  follow_up_minutes: number;
  preferred_hold_seconds: number;
  offline_text: Record<string, string>;
  archived_at: string | null;
  version: number;
  members: Id[];
}

export interface Brand {
  id: Id;
  name: string;
  locale: string;
  zone: string;
  archived_at: string | null;
  version: number;
}

export interface SettingField {
  name: string;
  type: "text" | "long_text" | "texts" | "number" | "flag" | "choice" | "list" | "color" | "url" | "questions";
  options: string[];
  secret: boolean;
  generated: boolean;
  required: boolean;
  default: unknown;
  label: Title;
  help: Title;
  example: string;
}

export interface ProviderInfo {
  id: string;
  name: string;
  title: Title;
  icon: string;
  medium: string;
  fields: SettingField[];
}

export type Health = "unknown" | "green" | "yellow" | "red";

export interface Connection {
  id: Id;
  provider: string;
  title: string;
  medium: string;
  brand_id: Id;
  queue_id: Id;
  public_key: string;
  settings: Record<string, unknown>;
  secrets_set: string[];
  state: "on" | "off";
  health: Health;
  health_text: string | null;
  health_at: string | null;
  last_in_at: string | null;
  last_out_at: string | null;
  created_at: string;
  archived_at: string | null;
  version: number;
  webhook_url: string | null;
  embed_snippet: string | null;
  page_url: string | null;
  made_secrets: Record<string, string> | null;
}

export type QuarantineState = "waiting" | "replayed" | "dropped";

export interface Quarantined {
  id: Id;
  account_id: Id;
  account: string;
  kind: "malformed" | "poison" | "unsupported";
  error: string;
  state: QuarantineState;
  attempts: number;
  received_at: string;
  settled_at: string | null;
  settled_by: Id | null;
  version: number;
}

export interface QuarantinedRequest extends Quarantined {
  method: string | null;
  url: string | null;
  headers: Record<string, string>;
  /** Base64. */
  body: string;
  /** The body as text where it is UTF-8. */
  text: string | null;
}

export interface HealthReport {
  at: string;
  accounts: Pick<Connection, "id" | "title" | "provider" | "state" | "health" | "health_text" | "health_at" | "last_in_at" | "last_out_at">[];
  router: { holder: string | null; until: string | null; alive: boolean };
  log: { horizon_lag_seconds: number; readers: Record<string, number> };
  jobs: Record<string, number>;
  outbox: Record<string, number>;
  quarantine: Record<string, number>;
  waiting: number;
  oldest_waiting_at: string | null;
}

export interface DeadJob {
  id: Id;
  kind: string;
  key: string;
  due_at: string;
  attempts: number;
  error: string | null;
  created_at: string;
  ended_at: string | null;
}

export interface ApiToken {
  id: Id;
  employee_id: Id;
  title: string;
  scopes: string[];
  created_at: string;
  used_at: string | null;
  expires_at: string | null;
}
