/** The API as the service describes it: made by `contact-center api --typescript`, never by hand.
 *  Instants are RFC 3339 texts in UTC, ids are UUID texts. */

/** What the provider tells of a file or of what stands in its place; what it does not is null. `duration` in seconds; `round`: a video note; `animation`: a picture that moves, without sound. A location has a place instead of a file, a card of a person its phone. */
export interface About {
  duration: number | null;
  title: string | null;
  performer: string | null;
  emoji: string | null;
  round: boolean;
  animation: boolean;
  latitude: number | null;
  longitude: number | null;
  address: string | null;
  phone: string | null;
}

/** A connection. `secrets_set` names secret settings that have a value. `made_secrets` holds what the house made with this very request; it is never shown again. */
export interface Account {
  id: string;
  provider: string;
  title: string;
  medium: string;
  brand_id: string;
  queue_id: string;
  public_key: string;
  settings: Record<string, unknown>;
  secrets_set: string[];
  state: "on" | "off" | "test";
  health: "unknown" | "green" | "yellow" | "red";
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

/** One connection: green, yellow, red or unknown, and when it last spoke. */
export interface AccountHealth {
  id: string;
  title: string;
  provider: string;
  state: "on" | "off" | "test";
  health: "unknown" | "green" | "yellow" | "red";
  health_text: string | null;
  health_at: string | null;
  last_in_at: string | null;
  last_out_at: string | null;
}

/** Accounts by title. */
export interface AccountList {
  items: Account[];
  next: string | null;
}

/** A connection, without its settings. `start_links`: a talk can be begun by a link. */
export interface AccountName {
  id: string;
  title: string;
  provider: string;
  medium: string;
  brand_id: string;
  start_links: boolean;
}

/** What may change of an account; of `settings` only what is given, null clears a field. */
export interface AccountPatch {
  title?: string | null;
  brand_id?: string | null;
  queue_id?: string | null;
  settings?: Record<string, unknown> | null;
  state?: "on" | "off" | "test" | null;
  archived?: boolean | null;
}

/** The connection a contact came by. */
export interface AccountRef {
  id: string;
  title: string;
  provider: string;
}

/** The health page of an account. */
export interface AccountReport {
  at: string;
  hour: Sums;
  day: Sums;
  hours: Hour[];
  outbox: Waiting;
  rest: Rest | null;
  quarantine: KeptKind[];
}

/** Of about the last 200 contacts of a queue and medium; seconds, null before there are any. `handle` a contact takes of an operator's room, `patience` clients have on average. Of `promises` a share of `within_high` came true by the longer figure (nine of ten should) and `within_low` by the shorter (half should); `off` is how far that one was from the real `wait`. */
export interface Accuracy {
  queue_id: string;
  medium: string;
  handle: number | null;
  patience: number | null;
  promises: number;
  within_low: number | null;
  within_high: number | null;
  off: number | null;
  wait: number | null;
}

/** One line for each queue and medium. */
export interface AccuracyList {
  items: Accuracy[];
}

/** `edition`: the one that runs now, as far as who asks knows. */
export interface Activation {
  edition: number;
}

/** A connection that does not work, and why. */
export interface Ailing {
  id: string;
  title: string;
  health_text: string | null;
  health_at: string | null;
}

/** What does not work now, by title. */
export interface AilingList {
  items: Ailing[];
}

/** The new text of a reply. */
export interface Amend {
  text: string;
}

/** What is being done to a message that has left; null once it is done, or never asked for. While it is pending, and where it failed, the client sees the message as it was. `text`: the new one of an edit. */
export interface Amendment {
  act: "edit" | "delete";
  state: "pending" | "failed";
  text: string | null;
  reason: string | null;
}

/** A file of a message; `url` is short-lived and only there once the file is stored. `wanted`: still at its provider; `gone`: no longer there; `failed`: could not be fetched. `reason` says why, `progress` which share of it is here, from 0 to 1, where that is known. */
export interface Attachment {
  id: string;
  kind: string;
  name: string;
  type: string;
  size: number | null;
  state: "wanted" | "stored" | "too_large" | "gone" | "failed" | "infected";
  reason: string | null;
  progress: number | null;
  can_retry: boolean;
  url: string | null;
  width: number | null;
  height: number | null;
  inline: boolean;
  about: About | null;
}

/** What the sign-in page has to know. */
export interface AuthState {
  demo: boolean;
  demo_accounts: DemoAccount[];
  needs_first_admin: boolean;
  locale: string;
  name: string;
}

/** Who wrote a message. */
export interface Author {
  type: "client" | "employee" | "system";
  id: string | null;
  name: string;
}

/** How an account stands with who has to agree to it. `redirect_uri` is what has to be registered there; `refused` is why the last attempt failed. */
export interface Authorization {
  authority: string;
  connected: boolean;
  connected_at: string | null;
  refused: string | null;
  refused_at: string | null;
  redirect_uri: string;
}

/** A brand; accounts and contacts belong to one. `letters.signature` stands under letters of queues that have none of their own. */
export interface Brand {
  id: string;
  name: string;
  locale: string;
  zone: string;
  letters: Record<string, Record<string, string>>;
  archived_at: string | null;
  version: number;
}

/** Brands by name. */
export interface BrandList {
  items: Brand[];
  next: string | null;
}

/** What may change of a brand. */
export interface BrandPatch {
  name?: string | null;
  locale?: string | null;
  zone?: string | null;
  letters?: Record<string, Record<string, string>> | null;
  archived?: boolean | null;
}

/** What the asking employee may do with the contact now. */
export interface Can {
  reply: boolean;
  note: boolean;
  take: boolean;
  transfer: boolean;
  park: boolean;
  close: boolean;
  wrap_up: boolean;
  spam: boolean;
  not_spam: boolean;
  edit: boolean;
  part: boolean;
}

/** An operator as he stood when it was decided; `idle_ms`: for how long, null: since ever. */
export interface Candidate {
  id: string;
  used: number;
  idle_ms: number | null;
  key: unknown[];
}

/** What the contact's channel can carry: lengths in characters, sizes in bytes. */
export interface CapabilitiesOut {
  text_limit: number;
  attachments: Record<string, number>;
  buttons: number;
  receipts: boolean;
  read_receipts: boolean;
  typing: boolean;
  edit: boolean;
  delete: boolean;
  reply_to: boolean;
  letters: boolean;
  segments: boolean;
  undo_seconds: number;
}

/** A link for one client, good once: whoever follows it is taken for him. */
export interface CarryIn {
  account_id: string;
  minutes?: number;
}

/** Who changed which field, from which source. */
export interface Change {
  field: string;
  old: unknown;
  new: unknown;
  source: string;
  employee_id: string | null;
  at: string;
}

/** A button under a reply: its press comes back with `value`, or `url` is opened. */
export interface Choice {
  text: string;
  value?: string;
  url?: string | null;
}

/** The card. `merged_into` names the client this one now is part of. */
export interface Client {
  id: string;
  version: number;
  kind: "person" | "company" | "public_body";
  name: string;
  locale: string | null;
  stage: "learns" | "compares" | "decides" | "deals" | "uses" | "repeats" | "leaving" | "lost" | "returned";
  fields: Record<string, unknown>;
  responsible_id: string | null;
  touchpoint: string | null;
  merged_into: string | null;
  created_at: string;
  changed_at: string | null;
  identities: Identity[];
  notes: Note[];
  changes: Change[];
  merges: Merge[];
  contacts_total: number;
}

/** A client to register by hand. */
export interface ClientIn {
  name: string;
  kind?: "person" | "company" | "public_body";
  locale?: "ru" | "en" | "be" | null;
  fields?: Record<string, string>;
}

/** A page of clients; `next` is the cursor of the following one. */
export interface ClientList {
  items: ClientRow[];
  next: string | null;
}

/** What may change; what is absent stays. In `fields` null removes a field. */
export interface ClientPatch {
  name?: string | null;
  kind?: "person" | "company" | "public_body" | null;
  locale?: "ru" | "en" | "be" | null;
  stage?: "learns" | "compares" | "decides" | "deals" | "uses" | "repeats" | "leaving" | "lost" | "returned" | null;
  responsible_id?: string | null;
  fields?: Record<string, string | null> | null;
}

/** The client of a contact. */
export interface ClientRef {
  id: string;
  name: string;
  kind: "person" | "company" | "public_body";
}

/** A line of the list of clients. */
export interface ClientRow {
  id: string;
  name: string;
  kind: "person" | "company" | "public_body";
  stage: "learns" | "compares" | "decides" | "deals" | "uses" | "repeats" | "leaving" | "lost" | "returned";
  locale: string | null;
  created_at: string;
  addresses: string[];
}

/** An entry of a short list. */
export interface Coded {
  id: string;
  code: string;
  title: Record<string, string>;
  position: number;
  archived_at: string | null;
}

/** Entries in their order. */
export interface CodedPage {
  items: Coded[];
  next: string | null;
}

/** What may change of an entry; its code may not, history tells by it. */
export interface CodedPatch {
  title?: Record<string, string> | null;
  position?: number | null;
  archived?: boolean | null;
}

/** An employee as colleagues see him: no address. */
export interface Colleague {
  id: string;
  name: string;
  role: "operator" | "supervisor" | "administrator" | "light";
  state: "invited" | "active" | "disabled";
  presence: "ready" | "break" | "offline" | "not_answering";
  presence_reason: string | null;
  presence_since: string;
  load: Record<string, number>;
  ceilings: Record<string, number>;
  queues: string[];
}

/** One contact. `client_read_seq`: how far the client has read. */
export interface Contact {
  id: string;
  number: number;
  version: number;
  state: "open" | "closed";
  medium: string;
  account: AccountRef;
  brand_id: string;
  queue_id: string;
  operator_id: string | null;
  client: ClientRef;
  identity: IdentityRef;
  kind_id: string | null;
  result_code_id: string | null;
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
  follows_id: string | null;
  draft: boolean;
  spam: boolean;
  automatic: boolean;
  locale: string | null;
  work: WorkRef | null;
  participants: Participant[];
  data: Record<string, unknown>;
  drafts: Drafts;
  capabilities: CapabilitiesOut;
  can: Can;
  client_read_seq: number;
  refused_at: string | null;
}

/** A page of contacts; `next` is the cursor of the following one. */
export interface ContactList {
  items: ContactRow[];
  next: string | null;
}

/** What may be changed of a contact; null empties it. */
export interface ContactPatch {
  kind_id?: string | null;
  subject?: string | null;
}

/** One line of a list. `unread` counts the client's messages after `read_seq`, up to 100. */
export interface ContactRow {
  id: string;
  number: number;
  version: number;
  state: "open" | "closed";
  medium: string;
  account: AccountRef;
  brand_id: string;
  queue_id: string;
  operator_id: string | null;
  client: ClientRef;
  identity: IdentityRef;
  kind_id: string | null;
  result_code_id: string | null;
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
  follows_id: string | null;
  draft: boolean;
  spam: boolean;
  automatic: boolean;
  locale: string | null;
  work: WorkRef | null;
}

/** Codes of countries, by ISO 3166. */
export interface CountryList {
  items: string[];
}

/** How many contacts the views hold, the endless ones and `wrap_up` aside; `queues`: in line. */
export interface Counts {
  mine: number;
  offered: number;
  queue: number;
  unread: number;
  waiting: number;
  parked: number;
  closed: null;
  queues: Record<string, number>;
}

/** A job that was given up; `error` is the last reason. */
export interface DeadJob {
  id: string;
  kind: string;
  key: string;
  due_at: string;
  attempts: number;
  error: string | null;
  created_at: string;
  ended_at: string | null;
}

/** A page of dead jobs. */
export interface DeadJobs {
  items: DeadJob[];
  next: string | null;
}

/** An offer and what became of it. */
export interface Decision {
  offer_id: string;
  operator_id: string;
  state: "live" | "accepted" | "declined" | "missed" | "rescinded";
  ended_reason: string | null;
  at: string;
  ended_at: string | null;
  reason: Reason | null;
}

/** Why an offer is not taken. */
export interface Decline {
  reason?: string;
}

/** What became of a message of ours; `state` is null where nothing was to be sent. It has failed where nobody it was written to got it; `undelivered` are those who did not. */
export interface Delivery {
  state: "held" | "pending" | "sending" | "sent" | "delivered" | "read" | "failed" | "uncertain" | "cancelled" | null;
  reason: string | null;
  hold_until: string | null;
  can_retry: boolean;
  undelivered: Undelivered[];
}

/** Where a message is now; `reason` is meant for the employee. */
export interface DeliveryState {
  message_id: string;
  version: number;
  state: "held" | "pending" | "sending" | "sent" | "delivered" | "read" | "failed" | "uncertain" | "cancelled";
  reason: string | null;
  hold_until: string | null;
  can_retry: boolean;
}

/** A throwaway sign-in of the demo company. */
export interface DemoAccount {
  email: string;
  name: string;
  role: "operator" | "supervisor" | "administrator" | "light";
  password: string;
}

/** A department; employees see the contacts of its queues as their role allows. */
export interface Department {
  id: string;
  name: string;
  parent_id: string | null;
  archived_at: string | null;
  version: number;
  members: string[];
}

/** Departments by name. */
export interface DepartmentList {
  items: Department[];
  next: string | null;
}

/** What may change of a department. */
export interface DepartmentPatch {
  name?: string | null;
  parent_id?: string | null;
  members?: string[] | null;
  archived?: boolean | null;
}

/** Names of everything a contact refers to; of what is archived only the queues. */
export interface Directory {
  employees: Colleague[];
  departments: Named[];
  queues: QueueNow[];
  kinds: Coded[];
  result_codes: ResultCode[];
  break_reasons: Coded[];
  brands: Named[];
  accounts: AccountName[];
}

/** What an employee has not sent yet. */
export interface Draft {
  text: string;
  attachments: Attachment[];
  letter: DraftLetter | null;
  buttons: DraftChoice[];
  reply_to: string | null;
  changed_at: string | null;
}

/** A button that may be half written. */
export interface DraftChoice {
  text: string;
  value: string;
  url: string | null;
}

/** A button as far as it is written. */
export interface DraftChoiceIn {
  text?: string;
  value?: string;
  url?: string | null;
}

/** A draft to keep; an empty one is forgotten. `letter`: recipients, subject, HTML. */
export interface DraftIn {
  text: string;
  attachments?: string[];
  letter?: NewLetter | null;
  buttons?: DraftChoiceIn[];
  reply_to?: string | null;
}

/** What was chosen for a letter that is not sent yet. */
export interface DraftLetter {
  to: ShownRecipient[];
  cc: ShownRecipient[];
  bcc: ShownRecipient[];
  subject: string;
  html: string;
  quote: boolean;
  forwards: string | null;
  whole: boolean;
}

/** The own drafts of a contact. */
export interface Drafts {
  reply: Draft | null;
  note: Draft | null;
}

/** A policy tried beside edition `edition`; `policy_version`: the draft as it was then. `done` of `total` days are played. `failure` says why there is no result. */
export interface DryRun {
  id: string;
  policy_id: string;
  policy_version: number;
  edition: number;
  asked: DryRunQuestion;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  failure: "nobody" | "too_many" | "not_served" | "unknown" | "too_long" | "interrupted" | null;
  result: DryRunResult | null;
  author: string;
  created_at: string;
  ended_at: string | null;
  version: number;
}

/** Per cent of his time that an operator was busy. */
export interface DryRunBusy {
  draft: DryRunMean;
  running: DryRunMean;
  difference: DryRunMean;
  operator_id: string;
}

/** `was`: as it really was, where the rows say it. Seconds, counts or per cent. */
export interface DryRunFigure {
  draft: DryRunMean;
  running: DryRunMean;
  difference: DryRunMean;
  was: number | null;
}

/** Of a queue and medium; both empty: all; medium empty: the queue as a whole. */
export interface DryRunKind {
  queue: string;
  medium: string;
  figures: Record<string, DryRunFigure>;
}

/** The newest first. */
export interface DryRunList {
  items: DryRun[];
  next: string | null;
}

/** The truth is within `mean ± half` in 95 of 100 cases; `certain`: it is not 0 by chance. */
export interface DryRunMean {
  mean: number;
  half: number | null;
  certain: boolean;
}

/** What was asked. */
export interface DryRunQuestion {
  since: string;
  until: string;
  how: "same" | "like";
  within: number;
}

/** What came of it. `left_out`: contacts by a medium nobody was served by. */
export interface DryRunResult {
  replications: number;
  seen: number;
  left_out: Record<string, number>;
  kinds: DryRunKind[];
  operators: DryRunBusy[];
  staffing: DryRunStaffing[];
}

/** The half-hours of a queue in which anybody came; empty: all queues as one. */
export interface DryRunStaffing {
  queue: string;
  rows: HalfHour[];
}

/** What to try a policy on: what came between two instants; left out, the last 24 hours. `same`: the contacts that were seen, at their instants. `like`: days like that one, drawn anew. `within`: seconds in which a contact counts as taken in time. */
export interface DryRunWish {
  since?: string | null;
  until?: string | null;
  how?: "same" | "like";
  within?: number;
}

/** An employee as administration sees him. `holds`: how many open contacts he has in his hands or has laid aside; they go back to their queues when he is disabled or made `light`. */
export interface Employee {
  id: string;
  email: string;
  name: string;
  role: "operator" | "supervisor" | "administrator" | "light";
  state: "invited" | "active" | "disabled";
  locale: string;
  zone: string;
  created_at: string;
  version: number;
  departments: string[];
  queues: string[];
  skills: Skill[];
  presence: "ready" | "break" | "offline" | "not_answering";
  budget: number;
  ceilings: Record<string, number>;
  holds: number;
}

/** Employees by name. */
export interface EmployeeList {
  items: Employee[];
  next: string | null;
}

/** What may change of an employee; what is absent stays. */
export interface EmployeePatch {
  email?: string | null;
  name?: string | null;
  role?: "operator" | "supervisor" | "administrator" | "light" | null;
  state?: "invited" | "active" | "disabled" | null;
  locale?: string | null;
  zone?: string | null;
  departments?: string[] | null;
  queues?: string[] | null;
  skills?: Skill[] | null;
  budget?: number | null;
  ceilings?: Record<string, number> | null;
}

/** What the client is told: his position, and his wait in minutes, p50 to p90. */
export interface Estimate {
  position: number;
  low: number;
  high: number;
}

/** The first administrator, with the token of the link that the start has printed. */
export interface First {
  token: string;
  email: string;
  name: string;
  password: string;
  locale?: string;
}

/** The best of what was found. */
export interface Found {
  clients: ClientRow[];
  contacts: ContactRow[];
}

/** Something that keeps work from an operator; `routing/why.py` lists codes and values. `excluded` also says its `cause` as `KeptFrom` does, and the `reason` of who declined. */
export interface Gate {
  code: string;
  values: Record<string, unknown>;
}

/** `needed` operators for 80 % in time, by Erlang; `there`: how many were ready, on average. */
export interface HalfHour {
  at_ms: number;
  arrivals: number;
  talk: number;
  needed: number;
  there: number;
}

/** The health page. Counts are by state. */
export interface HealthReport {
  at: string;
  accounts: AccountHealth[];
  router: RouterHealth;
  log: LogHealth;
  jobs: Record<string, number>;
  outbox: Record<string, number>;
  quarantine: Record<string, number>;
  waiting: number;
  oldest_waiting_at: string | null;
}

/** A public holiday; its name in the language asked for, where the library knows it. */
export interface Holiday {
  date: string;
  name: string;
}

/** By date. */
export interface HolidayList {
  items: Holiday[];
}

/** One bar of the day. */
export interface Hour {
  at: string;
  received: number;
  sent: number;
  failed: number;
}

/** One address of a client and how sure it is. `profile`: what the provider tells of him (username, locale); `avatar`: the short-lived address of his picture there. */
export interface Identity {
  id: string;
  medium: string;
  value: string;
  name: string;
  proof: "claimed" | "provider" | "signed" | "confirmed";
  created_at: string;
  seen_at: string | null;
  profile: Record<string, string>;
  avatar: string | null;
}

/** An address somebody typed: claimed until it is proven. `medium`: email, phone and so on. */
export interface IdentityIn {
  medium: string;
  value: string;
}

/** The address a contact came from. */
export interface IdentityRef {
  id: string;
  medium: string;
  value: string;
  proof: "claimed" | "provider" | "signed" | "confirmed";
}

/** Somebody chooses his password by a link; who was invited may mend his name. */
export interface Invitation {
  token: string;
  name?: string | null;
  password: string;
}

/** A new employee, with the link by which he chooses his password. */
export interface Invited {
  id: string;
  email: string;
  name: string;
  role: "operator" | "supervisor" | "administrator" | "light";
  state: "invited" | "active" | "disabled";
  locale: string;
  zone: string;
  created_at: string;
  version: number;
  departments: string[];
  queues: string[];
  skills: Skill[];
  presence: "ready" | "break" | "offline" | "not_answering";
  budget: number;
  ceilings: Record<string, number>;
  holds: number;
  invitation_link: string;
}

/** The contact that is joined into this one, and closes. */
export interface Join {
  other_id: string;
}

/** Somebody it is not offered to until then, and why: his reason where he declined. */
export interface KeptFrom {
  operator_id: string;
  until: string;
  cause: "declined" | "missed" | "passed_on";
  reason: string | null;
}

/** What waits in quarantine; `what` names a kind of message that is not supported. */
export interface KeptKind {
  kind: string;
  what: string;
  n: number;
}

/** The whole of a letter. `html_url` shows its HTML in a frame and lives for minutes. With `&images=true` it fetches pictures from elsewhere, of which there are `remote_images`. */
export interface LetterBody {
  text: string;
  html_url: string | null;
  remote_images: number;
}

/** What a letter begins with that is written now: `own` are addresses of the mailbox itself. `to`: whom it goes to unless others are chosen, the client or where he wants his answers; `cc`: those on the letter it answers whom somebody vouches for. */
export interface LetterStart {
  to: ShownRecipient[];
  cc: ShownRecipient[];
  subject: string;
  answers: boolean;
  signature: string;
  own: string[];
  quoted: Quotation | null;
}

/** What the link is for; name and address are those of whom it was made for. */
export interface LinkInfo {
  purpose: "first" | "invitation" | "reset";
  email: string | null;
  name: string | null;
  locale: string | null;
}

/** A sign of life; `n` is the last number given out. */
export interface LiveBeat {
  t: "beat";
  now: string;
  n: number;
}

/** A topic one may not hear, or no longer. */
export interface LiveDenied {
  t: "denied";
  topic: string;
}

/** Something the screen said could not be followed. */
export interface LiveError {
  t: "error";
  detail: string;
}

/** What changed, and to which version; numbered without gaps. */
export interface LiveEvent {
  t: "event";
  n: number;
  topic: string;
  kind: string;
  id: string;
  version: number;
  data: Record<string, unknown>;
}

/** The first object of a session. */
export interface LiveReady {
  t: "ready";
  session: string;
  now: string;
  n: number;
}

/** The topics one hears from now on, and the versions of the contacts among them. */
export interface LiveSubscribed {
  t: "subscribed";
  topics: string[];
  contacts: SeenVersion[];
}

/** The answer to a resync: contacts that differ, those out of sight, the live offers. */
export interface LiveSync {
  t: "sync";
  n: number;
  now: string;
  contacts: SeenVersion[];
  gone: string[];
  offers: string[];
}

/** Somebody types in a contact. */
export interface LiveTyping {
  t: "typing";
  contact: string;
  who: Typist;
  kind: "reply" | "note";
}

/** Who has a contact open. */
export interface LiveViewers {
  t: "viewers";
  contact: string;
  employees: Person[];
}

/** How far the readers of the log are behind: seconds, and events not read yet. */
export interface LogHealth {
  horizon_lag_seconds: number;
  readers: Record<string, number>;
}

/** A link to look at. */
export interface Look {
  token: string;
}

/** The operators looked at, each in one place; `able` is the sum of the last four. */
export interface LookedAt {
  able: number;
  unable: number;
  not_ready: number;
  busy: number;
  excluded: number;
  free: number;
}

/** Everything a console has to know of who sits before it. */
export interface Me {
  employee: Self;
  permissions: Permission[];
  csrf: string | null;
  presence: "ready" | "break" | "offline" | "not_answering";
  presence_reason: string | null;
  presence_since: string;
  presence_next: string | null;
  ceilings: Record<string, number>;
  demo: boolean;
  workspace: WorkspaceInfo;
  now: string;
}

/** What one may change of oneself; `settings` are merged key by key, null removes one. */
export interface MePatch {
  name?: string | null;
  locale?: string | null;
  zone?: string | null;
  settings?: Record<string, unknown> | null;
}

/** A merge in force: the loser's addresses are at this client. */
export interface Merge {
  id: string;
  loser_id: string;
  loser_name: string;
  reason: string;
  merged_by: string | null;
  merged_at: string;
}

/** Take this client's addresses over. */
export interface MergeIn {
  loser_id: string;
  reason?: string;
}

/** The merge, by which it can be undone. */
export interface Merged {
  merge_id: string;
  client_id: string;
}

/** One entry of a contact's thread. A system entry has a `data.code` and no text. `has_body`: it is a letter, and the text is not all of it. `data.mail` tells of a letter that came, `data.letter` of one we write. */
export interface Message {
  id: string;
  contact_id: string;
  seq: number;
  kind: "inbound" | "outbound" | "note" | "system" | "call" | "survey";
  text: string;
  author: Author;
  created_at: string;
  provider_at: string | null;
  edited_at: string | null;
  deleted_at: string | null;
  reply_to: string | null;
  quoted: Quote | null;
  attachments: Attachment[];
  data: Record<string, unknown>;
  delivery: Delivery;
  change: Amendment | null;
  version: number;
  client_msg_id: string | null;
  has_body: boolean;
}

/** A stretch of a thread in the order of seq; `version` is the contact's. */
export interface MessagePage {
  items: Message[];
  has_before: boolean;
  has_after: boolean;
  version: number;
}

/** An id and its name. */
export interface Named {
  id: string;
  name: string;
}

/** The waiting contact that lacks least to become his, of those who asks may see. */
export interface Near {
  contact_id: string | null;
  number: number | null;
  queue_id: string;
  medium: string;
  wait_ms: number;
  gates: Gate[];
}

/** An account to add; what its settings are the provider says. */
export interface NewAccount {
  provider: string;
  title: string;
  brand_id: string;
  queue_id: string;
  settings?: Record<string, unknown>;
  state?: "on" | "off" | "test";
}

/** A brand to add. */
export interface NewBrand {
  name: string;
  locale?: string;
  zone?: string;
  letters?: Record<string, Record<string, string>>;
}

/** An entry to add. */
export interface NewCoded {
  code: string;
  title: Record<string, string>;
  position?: number;
}

/** A department to add. */
export interface NewDepartment {
  name: string;
  parent_id?: string | null;
  members?: string[] | null;
}

/** Somebody to invite. */
export interface NewEmployee {
  email: string;
  name: string;
  role?: "operator" | "supervisor" | "administrator" | "light";
  departments?: string[];
  queues?: string[];
  locale?: string;
  zone?: string | null;
}

/** What the writer of a letter chose. Without `to` it goes to the owner of the contact, or where his last letter wants answers; without both `to` and `cc` also to those on that letter whom somebody vouches for. `html` beside the message's text, which says the same without it; `quote`: what is answered stands below; `forwards`: the message that is passed on, so this one answers nothing; with `whole` it stands below as it came, in plain text and HTML, with the pictures of that. */
export interface NewLetter {
  to?: Recipient[];
  cc?: Recipient[];
  bcc?: Recipient[];
  subject?: string;
  html?: string;
  quote?: boolean;
  forwards?: string | null;
  whole?: boolean;
}

/** A reply to the client, or a note among colleagues. `client_msg_id` is made by the sender: the same one again is the same message. */
export interface NewMessage {
  kind: "reply" | "note";
  text?: string;
  client_msg_id: string;
  attachments?: string[];
  buttons?: Choice[];
  reply_to?: string | null;
  close?: boolean;
  letter?: NewLetter | null;
}

/** Change of the own password. */
export interface NewPassword {
  old: string;
  new: string;
}

/** A queue to add. */
export interface NewQueue {
  name: string;
  code?: string | null;
  department_id: string;
  brand_id?: string | null;
  zone?: string;
  hours?: Record<string, [string, string][]>;
  priority_seconds?: number;
  offer_seconds?: number;
  wrap_up_seconds?: number;
  wrap_up_code_required?: boolean;
  follow_up_minutes?: number;
  preferred_hold_seconds?: number;
  offline_text?: Record<string, string>;
  letters?: Record<string, Record<string, string>>;
  members?: string[];
}

/** A result code to add. */
export interface NewResultCode {
  code: string;
  title: Record<string, string>;
  position?: number;
  queue_id?: string | null;
}

/** An API token to make: `scopes` are permissions, never more than the owner's role has. */
export interface NewToken {
  title: string;
  scopes: Permission[];
  expires_at?: string | null;
}

/** An internal remark on a client. */
export interface Note {
  id: string;
  employee_id: string | null;
  text: string;
  created_at: string;
}

/** A remark to add. */
export interface NoteIn {
  text: string;
}

/** Work shown to one operator until `until`; `seconds` is how long it was shown in all. */
export interface Offer {
  id: string;
  work_id: string;
  created_at: string;
  until: string;
  seconds: number;
  contact: ContactRow;
  recent: RecentContact[];
  explanation: Record<string, unknown>;
}

/** An offer in the history of a contact. */
export interface OfferSeen {
  id: string;
  operator_id: string;
  state: "live" | "accepted" | "declined" | "missed" | "rescinded";
  reason: string | null;
  created_at: string;
  until: string;
  ended_at: string | null;
  explanation: Record<string, unknown>;
}

/** A session was opened; the cookie came with this answer, `csrf` goes into X-CSRF-Token. */
export interface Opened {
  employee_id: string;
  csrf: string;
}

/** An employee an explanation speaks of. */
export interface OperatorName {
  id: string;
  name: string;
}

/** Until when a contact is laid aside; null: until the client writes, which always ends it. `seen_seq`: the newest message one has seen; where the client has written since, 409. */
export interface Park {
  until?: string | null;
  seen_seq?: number | null;
  note?: string;
}

/** The new contact; `over_capacity`: the operator has more now than the router would give. */
export interface Part {
  contact: Contact;
  over_capacity: boolean;
}

/** Somebody on the client's side of a contact. */
export interface Participant {
  identity_id: string;
  client_id: string;
  name: string;
  medium: string;
  value: string;
  role: string;
  verified: boolean;
}

/** What a route asks for. PUBLIC needs no sign-in; SIGNED_IN any employee. */
export type Permission = "public" | "signed_in" | "read" | "note" | "work" | "clients" | "supervise" | "administer" | "trace";

/** A colleague. */
export interface Person {
  id: string;
  name: string;
}

/** A link for a place, good for everybody: printed, shown at a counter, sent round. */
export interface PlaceIn {
  kind: "site" | "campaign" | "number" | "shop" | "point_of_sale";
  key: string;
  title: string;
}

/** A link for a place; `used_at`: when somebody first followed it. `url` is null for one from before such links were kept whole. */
export interface PlaceLink {
  id: string;
  kind: "site" | "campaign" | "number" | "shop" | "point_of_sale";
  key: string;
  title: string;
  url: string | null;
  created_at: string;
  used_at: string | null;
}

/** The links of a connection, the newest first; revoked ones are gone. */
export interface PlaceLinks {
  items: PlaceLink[];
}

/** A policy; `body` has the shape of `config/routing.toml`. */
export interface Policy {
  problems: PolicyProblem[];
  changes: PolicyChange[];
  adopted: Record<string, string>;
  names: Record<string, string>;
  id: string;
  edition: number | null;
  state: "draft" | "current" | "past";
  author: string;
  note: string;
  from_file: boolean;
  at: string | null;
  version: number;
  body: Record<string, unknown>;
}

/** What would change for the running policy; null: it is not said. */
export interface PolicyChange {
  place: string;
  before: unknown;
  after: unknown;
}

/** A document to look at. */
export interface PolicyDocument {
  body: Record<string, unknown>;
}

/** A document to keep as a draft; what it says nothing of stays as it runs. */
export interface PolicyDraft {
  body: Record<string, unknown>;
  note?: string;
}

/** A policy without what it says. `edition`: its number, once it has run; drafts have none. */
export interface PolicyHead {
  id: string;
  edition: number | null;
  state: "draft" | "current" | "past";
  author: string;
  note: string;
  from_file: boolean;
  at: string | null;
  version: number;
}

/** Drafts first, then editions, the newest first. */
export interface PolicyList {
  items: PolicyHead[];
  next: string | null;
}

/** A fault: `queues.orders.ladder[2].needs.ru`, and a sentence. */
export interface PolicyProblem {
  place: string;
  reason: string;
}

/** What is wrong with a document, and what it would change if nothing is. `adopted`: code → id of queues without a code that would get one, for they have the title's name. Other queues nobody has are made when it runs (a change of `queues.<code>`). `names`: of all queues it speaks of, by their codes. */
export interface PolicyVerdict {
  problems: PolicyProblem[];
  changes: PolicyChange[];
  adopted: Record<string, string>;
  names: Record<string, string>;
}

/** The presence one chooses; `after_contact` waits until the present work has ended. */
export interface PresenceWish {
  presence: "ready" | "break" | "offline";
  reason?: string | null;
  after_contact?: boolean;
}

/** A provider an account may be made for. */
export interface ProviderInfo {
  name: string;
  title: Record<string, string>;
  about: Record<string, string>;
  icon: string;
  medium: string;
  fields: SettingField[];
  capabilities: Record<string, unknown>;
}

/** All providers. */
export interface ProviderList {
  items: ProviderInfo[];
  next: string | null;
}

export interface QuarantinePage {
  items: QuarantineRow[];
  next: string | null;
}

/** Something that could not be taken in; `error` is for an administrator. */
export interface QuarantineRow {
  id: string;
  account_id: string;
  account: string;
  kind: "malformed" | "poison" | "unsupported" | "refused";
  error: string;
  state: "waiting" | "replayed" | "dropped";
  attempts: number;
  received_at: string;
  settled_at: string | null;
  settled_by: string | null;
  version: number;
}

/** The request as it came: of `size` bytes, the body's first hundred thousand. Headers that prove something are hidden, and so is what the account keeps as a secret. `text` where it is UTF-8. */
export interface QuarantinedRequest {
  id: string;
  account_id: string;
  account: string;
  kind: "malformed" | "poison" | "unsupported" | "refused";
  error: string;
  state: "waiting" | "replayed" | "dropped";
  attempts: number;
  received_at: string;
  settled_at: string | null;
  settled_by: string | null;
  version: number;
  method: string | null;
  url: string | null;
  headers: Record<string, string>;
  size: number;
  body: string;
  text: string | null;
}

/** A queue. `priority_seconds` is a head start in the one waiting line. `code` is its name in policy files; without one it is called by its id there. `letters`: what stands under its letters ({employee} and {brand} are filled in), the answer that says a letter was taken in ({number}, {subject}, {name}, {brand}, {queue}; {position} and {wait}: their sentences are left out where nobody knows), and the one that says a file of it was too large ({file}, without those two); where a text is empty none is sent. `mail_form` and `bot`: what clients are told whom the policy sends there; lines in brackets are buttons, and where a text is empty they read the house's own words. */
export interface Queue {
  id: string;
  name: string;
  code: string | null;
  department_id: string;
  brand_id: string | null;
  zone: string;
  hours: Record<string, [string, string][]>;
  priority_seconds: number;
  offer_seconds: number;
  wrap_up_seconds: number;
  wrap_up_code_required: boolean;
  follow_up_minutes: number;
  preferred_hold_seconds: number;
  offline_text: Record<string, string>;
  letters: Record<string, Record<string, string>>;
  archived_at: string | null;
  version: number;
  members: string[];
}

/** Queues by name. */
export interface QueueList {
  items: Queue[];
  next: string | null;
}

/** A queue as it is at this moment. */
export interface QueueNow {
  id: string;
  name: string;
  department_id: string;
  wrap_up_seconds: number;
  wrap_up_code_required: boolean;
  zone: string;
  open: boolean;
  opens_at: string | null;
  waiting: number;
  archived: boolean;
}

/** What may change of a queue; what is absent stays. */
export interface QueuePatch {
  name?: string | null;
  code?: string | null;
  department_id?: string | null;
  brand_id?: string | null;
  zone?: string | null;
  hours?: Record<string, [string, string][]> | null;
  priority_seconds?: number | null;
  offer_seconds?: number | null;
  wrap_up_seconds?: number | null;
  wrap_up_code_required?: boolean | null;
  follow_up_minutes?: number | null;
  preferred_hold_seconds?: number | null;
  offline_text?: Record<string, string> | null;
  letters?: Record<string, Record<string, string>> | null;
  members?: string[] | null;
  archived?: boolean | null;
}

/** What would stand below an answer; `text` is its beginning. */
export interface Quotation {
  author: string;
  at: string;
  text: string;
}

/** The message that is answered; `seq` where it stands in the same contact. */
export interface Quote {
  seq: number | null;
  kind: "inbound" | "outbound" | "note" | "system" | "call" | "survey";
  text: string;
}

/** How far one has read. */
export interface ReadIn {
  seq: number;
}

/** Why an offer was made. Its place in line: wait + priority + kept, all in milliseconds. `waiting` for the same (itself too); of the `eligible` so many were `ready`, and `with_room`. */
export interface Reason {
  rule: string;
  strategy: string;
  policy: string;
  at: string;
  queue_id: string;
  medium: string;
  needs: Record<string, number>;
  rung: number;
  wait_ms: number;
  priority_ms: number;
  kept_ms: number;
  waiting: number;
  eligible: number;
  ready: number;
  with_room: number;
  chosen: Candidate;
  runner_up: Candidate | null;
  excluded: string[];
}

/** An earlier contact of the same client. */
export interface RecentContact {
  id: string;
  number: number;
  opened_at: string;
  last_text: string;
  result_code_id: string | null;
}

/** An address with the name beside it. */
export interface Recipient {
  address: string;
  name?: string;
}

/** What became of the events: new ones, and such as had come before. */
export interface Replayed {
  stored: number;
  duplicates: number;
}

/** A link to hand over; it works once. */
export interface ResetLink {
  link: string;
}

/** What the employee knows of an uncertain message. */
export interface Resolve {
  as: "arrived" | "send_again";
}

/** The sender rests after failures: seconds left, failures in a row, since when. */
export interface Rest {
  seconds: number;
  failures: number;
  since: string | null;
}

/** How a contact ended. */
export interface Result {
  result_code_id?: string | null;
  kind_id?: string | null;
  note?: string;
}

/** How a contact ended; with a queue it is offered in that queue only. */
export interface ResultCode {
  id: string;
  code: string;
  title: Record<string, string>;
  position: number;
  archived_at: string | null;
  queue_id: string | null;
}

/** Result codes in their order. */
export interface ResultCodePage {
  items: ResultCode[];
  next: string | null;
}

/** What may change of a result code. */
export interface ResultCodePatch {
  title?: Record<string, string> | null;
  position?: number | null;
  archived?: boolean | null;
  queue_id?: string | null;
}

/** Who gives out work; `alive` is false when the lease has run out. */
export interface RouterHealth {
  holder: string | null;
  until: string | null;
  alive: boolean;
}

/** The way of a contact through the line: why here, or why it still waits; the newest last. */
export interface Routing {
  people: OperatorName[];
  skills: SkillName[];
  here: Decision | null;
  waiting: StillWaiting | null;
  timeline: Step[];
  decisions: Decision[];
}

/** The next step of the ladder: what is asked for then, or where it goes. */
export interface Rung {
  at: string;
  rung: number;
  overflow: string | null;
  needs: Record<string, number> | null;
  members_only: boolean | null;
}

/** Ask for a beat. */
export interface SayPing {
  t: "ping";
}

/** The contacts a screen has, with their versions. */
export interface SayResync {
  t: "resync";
  contacts: Record<string, number>;
}

/** Hear these topics, or no longer. */
export interface SayTopics {
  t: "sub" | "unsub";
  topics: string[];
}

/** The employee types. */
export interface SayTyping {
  t: "typing";
  contact: string;
  kind: "reply" | "note";
}

/** The employee opens a contact, or leaves it. */
export interface SayView {
  t: "view";
  contact: string | null;
}

/** A contact and its version now. */
export interface SeenVersion {
  id: string;
  version: number;
}

/** The own record. */
export interface Self {
  id: string;
  name: string;
  email: string;
  role: "operator" | "supervisor" | "administrator" | "light";
  locale: string;
  zone: string;
  settings: Record<string, unknown>;
  departments: string[];
  queues: string[];
  version: number;
}

/** One field of a provider's settings, enough to draw its form and to look at what is pasted. `when`: it matters only while each of these other fields has one of these values. `where`: how it is found at the provider. `called`: how options are called. */
export interface SettingField {
  name: string;
  type: "text" | "long_text" | "texts" | "number" | "flag" | "choice" | "list" | "color" | "url" | "questions";
  options: string[];
  called: Record<string, Record<string, string>>;
  secret: boolean;
  generated: boolean;
  required: boolean;
  default: unknown;
  label: Record<string, string>;
  help: Record<string, string>;
  where: Record<string, string>;
  example: string;
  when: Record<string, string[]>;
  pattern: string;
  min_length: number;
}

/** A recipient as the API tells of one. */
export interface ShownRecipient {
  address: string;
  name: string;
}

/** Address and password. */
export interface SignIn {
  email: string;
  password: string;
}

/** How well an employee masters a skill, 1 to 5. */
export interface Skill {
  skill_id: string;
  level: number;
}

/** A skill an explanation speaks of. */
export interface SkillName {
  code: string;
  title: Record<string, string>;
}

/** The first message of the part that becomes a contact of its own. */
export interface Split {
  message_id: string;
}

/** How many operators it takes: `needed` to meet the target, `scheduled` to be planned for that. `load`: how many would be busy on average; `rows`: from a few less to a few more than needed. */
export interface Staffing {
  load: number;
  needed: number;
  scheduled: number;
  rows: StaffingRow[];
}

/** What so many operators give; `wait` null: without end. */
export interface StaffingRow {
  operators: number;
  in_time: number;
  wait: number | null;
  abandoned: number;
  occupancy: number;
}

/** The address. One that carries a client over is shown this once: only a digest is kept. */
export interface StartLink {
  id: string;
  url: string;
  expires_at: string | null;
}

/** Something that happened to the contact's place in line. `arrived` (detail: origin), `parked` by an operator, `returned` (detail: park_over or client_wrote), `relaxed`, `moved` (detail: ladder or closed), `offered`, `accepted`, `declined`, `missed`, `rescinded` (detail: reason), `taken` by hand, `ended` (detail: outcome). */
export interface Step {
  at: string;
  code: "arrived" | "relaxed" | "moved" | "offered" | "accepted" | "declined" | "missed" | "rescinded" | "taken" | "parked" | "returned" | "ended";
  queue_id: string | null;
  operator_id: string | null;
  offer_id: string | null;
  rung: number | null;
  detail: string | null;
}

/** Why it still waits, as of now. `ahead` counts to a thousand at most. `estimate` is null where too little is known to tell a wait. `lacking`: skill, `medium` or `member` → how many lack it first; `away`: presence → how many of the able; `on_hand`: medium → how many of the busy have one. */
export interface StillWaiting {
  reason: "archived" | "parked" | "closed" | "callback" | "held" | "nobody" | "none_ready" | "busy" | "excluded" | "soon";
  values: Record<string, unknown>;
  at: string;
  queue_id: string;
  medium: string;
  wait_ms: number;
  priority_ms: number;
  kept_ms: number;
  ahead: number;
  needs: Record<string, number>;
  members_only: boolean;
  rung: number;
  rungs: number;
  misses: number;
  counts: LookedAt;
  away: Record<string, number>;
  lacking: Record<string, number>;
  on_hand: Record<string, number>;
  step: Rung | null;
  kept_from: KeptFrom[];
  estimate: Estimate | null;
}

/** A stored file; `url` lives for minutes. */
export interface StoredFile {
  id: string;
  kind: string;
  name: string;
  type: string;
  size: number;
  state: "stored";
  url: string;
  width: number | null;
  height: number | null;
}

/** Another client who may be the same one; `reasons` are codes, `score` 0..1. */
export interface Suggestion {
  client: ClientRow;
  reasons: ("same_address" | "similar_name")[];
  score: number;
}

/** Likely doubles, the likeliest first. */
export interface SuggestionList {
  items: Suggestion[];
}

/** Of a time. `failures`: share of attempts that ended in none knows or no, from 0 to 1. `half_within`: seconds within which the provider answered half of the sends. */
export interface Sums {
  received: number;
  refused: number;
  unreadable: number;
  sent: number;
  failed: number;
  postponed: number;
  uncertain: number;
  failures: number | null;
  half_within: number | null;
}

/** Where an administrator's browser goes to agree. */
export interface ToAgree {
  url: string;
}

/** All live API tokens. */
export interface TokenList {
  items: TokenRow[];
  next: string | null;
}

/** The only time the secret is shown. */
export interface TokenMade {
  id: string;
  employee_id: string;
  title: string;
  scopes: string[];
  created_at: string;
  used_at: string | null;
  expires_at: string | null;
  token: string;
}

/** An API token without its secret. */
export interface TokenRow {
  id: string;
  employee_id: string;
  title: string;
  scopes: string[];
  created_at: string;
  used_at: string | null;
  expires_at: string | null;
}

/** What the provider said. `name`: how our side is called there; `address`: where it calls us. `waiting`: events it has not brought yet; `error`: why it could not bring one. None is what it does not tell. `problem`: it refused us, could not be asked, or somebody has to agree there first; `words` say why. */
export interface Told {
  problem: "wrong" | "unreachable" | "consent" | null;
  words: string;
  name: string;
  address: string;
  waiting: number | null;
  error: string;
  error_at: string | null;
}

/** To whom or where; `keep_seniority`: the contact keeps its place in the line. `anyone`: it waits in its queue for whoever is free, whatever his skills, and not for who had it; without an `id`, which the others need. */
export interface Transfer {
  to: "operator" | "queue" | "anyone";
  id?: string | null;
  note?: string;
  keep_seniority?: boolean;
}

/** How far a test message has come; `words` say what went wrong, `quarantine_id` shows it. Steps: received, proven (signed), stored, answered. */
export interface Trial {
  began_at: string;
  received_at: string | null;
  proven_at: string | null;
  stored_at: string | null;
  answered_at: string | null;
  fault: "refused" | "unreadable" | "not_stored" | "not_sent" | "uncertain" | null;
  words: string | null;
  quarantine_id: string | null;
  contact_id: string | null;
  tries: number;
  version: number;
}

/** Settings to ask the provider about; with `account_id` they are laid over what it keeps. */
export interface TrySettings {
  provider: string;
  account_id?: string | null;
  settings?: Record<string, unknown>;
}

/** Who types; the id of a client is his visitor's. */
export interface Typist {
  type: "client" | "employee";
  id: string | null;
  name: string;
}

/** A recipient of a letter whom it did not reach, and the words of his server. */
export interface Undelivered {
  address: string;
  reason: string;
}

/** What has not left yet, by state; the oldest of it was due at. */
export interface Waiting {
  held: number;
  pending: number;
  sending: number;
  uncertain: number;
  oldest_at: string | null;
}

/** A contact in line: its position and its wait in minutes, p50 to p90. `cause`: why it is longer than it was (`operator_left`, `senior_came`, `shared`: the same operators are to serve more of who comes before; `moved`), `waited` where it is not, `arrived` at first. */
export interface WaitingContact {
  contact_id: string;
  queue_id: string;
  position: number;
  low: number;
  high: number;
  cause: "arrived" | "waited" | "operator_left" | "senior_came" | "shared" | "moved";
}

/** The next ones first, at most a thousand; without those whose wait is not known. */
export interface WaitingContacts {
  items: WaitingContact[];
}

/** Why an operator gets nothing now. `waiting`: how many contacts were looked at. */
export interface WhyIdle {
  people: OperatorName[];
  skills: SkillName[];
  employee_id: string;
  at: string;
  code: "presence" | "empty" | "none" | "full" | "kept" | "soon";
  presence: string;
  used: number;
  budget: number;
  idle_ms: number | null;
  on_hand: Record<string, number>;
  waiting: number;
  nearest: Near | null;
}

/** What keeps (`as_of` now) or kept (then) a contact from an operator, the first one first. An old decision (`offer_id`) whose log is gone is answered as of now. */
export interface WhyNot {
  people: OperatorName[];
  skills: SkillName[];
  employee_id: string;
  as_of: "now" | "then";
  at: string;
  offer_id: string | null;
  gates: Gate[];
}

/** The contact's turn in the waiting line, while it is not over. `preferred_id`: whom it waits for first; while it is `parked`, who laid it aside. */
export interface WorkRef {
  id: string;
  state: "waiting" | "offered" | "active" | "wrap_up" | "parked" | "done";
  version: number;
  operator_id: string | null;
  offer_id: string | null;
  offer_until: string | null;
  wrap_up_until: string | null;
  parked_until: string | null;
  preferred_id: string | null;
  arrived_at: string;
  origin: "arrival" | "follow_up" | "transfer" | "reopen" | "return" | "parked";
  note: string;
}

/** One turn of a contact in the waiting line, and who was offered it. */
export interface WorkSeen {
  id: string;
  state: "waiting" | "offered" | "active" | "wrap_up" | "parked" | "done";
  queue_id: string;
  medium: string;
  origin: "arrival" | "follow_up" | "transfer" | "reopen" | "return" | "parked";
  previous_id: string | null;
  operator_id: string | null;
  arrived_at: string;
  offered_at: string | null;
  accepted_at: string | null;
  wrap_up_since: string | null;
  ended_at: string | null;
  outcome: string | null;
  note: string;
  offers: OfferSeen[];
}

/** Where one works. */
export interface WorkspaceInfo {
  name: string;
  locale: string;
  zone: string;
}

/** The end of the work after a contact, or more time for it. */
export interface WrapUp {
  result_code_id?: string | null;
  kind_id?: string | null;
  note?: string;
  extend?: boolean;
}

/** A refusal; some carry more, e.g. the present state. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  field?: string;
  request_id?: string;
  [key: string]: unknown;
}

/** What each route takes, and its answer. */
export interface Routes {
  GET: {
    "/auth/state": { answer: AuthState };
    "/tokens": { answer: TokenList };
    "/me": { answer: Me };
    "/directory": { answer: Directory };
    "/contacts": { query?: { view?: "mine" | "offered" | "queue" | "unread" | "waiting" | "parked" | "wrap_up" | "closed" | "all"; queue_id?: string | null; q?: string; sort?: "newest" | "oldest" | "waiting" | null; cursor?: string | null; limit?: number }; answer: ContactList };
    "/contacts/counts": { answer: Counts };
    "/contacts/{id}": { path: { id: string }; answer: Contact };
    "/contacts/{id}/messages": { path: { id: string }; query?: { before?: number | null; after?: number | null; limit?: number }; answer: MessagePage };
    "/clients/{id}/contacts": { path: { id: string }; query?: { cursor?: string | null; limit?: number }; answer: ContactList };
    "/search": { query?: { q?: string }; answer: Found };
    "/offers": { answer: Offer[] };
    "/contacts/{id}/letter": { path: { id: string }; answer: LetterStart };
    "/contacts/{id}/work": { path: { id: string }; answer: WorkSeen[] };
    "/clients": { query?: { q?: string; cursor?: string | null; limit?: number }; answer: ClientList };
    "/clients/{id}": { path: { id: string }; answer: Client };
    "/clients/{id}/suggestions": { path: { id: string }; answer: SuggestionList };
    "/accounts/{id}/start-links": { path: { id: string }; answer: PlaceLinks };
    "/files/{id}": { path: { id: string }; query: { e: number; s: string; inline?: boolean }; answer: Blob };
    "/files/{id}/visitor": { path: { id: string }; query: { e: number; s: string; inline?: boolean }; answer: Blob };
    "/files/{id}/public": { path: { id: string }; query: { e: number; s: string }; answer: Blob };
    "/messages/{id}/body": { path: { id: string }; answer: LetterBody };
    "/messages/{id}/source": { path: { id: string }; answer: Blob };
    "/letters/{id}": { path: { id: string }; query: { e: number; s: string; images?: boolean }; answer: Blob };
    "/live/poll": { query?: { session?: string; after?: number; wait?: number }; answer: (LiveReady | LiveBeat | LiveEvent | LiveSubscribed | LiveDenied | LiveSync | LiveTyping | LiveViewers | LiveError)[] };
    "/employees": { answer: EmployeeList };
    "/employees/{id}": { path: { id: string }; answer: Employee };
    "/departments": { query?: { archived?: boolean }; answer: DepartmentList };
    "/break-reasons": { query?: { archived?: boolean }; answer: CodedPage };
    "/skills": { query?: { archived?: boolean }; answer: CodedPage };
    "/queues": { query?: { archived?: boolean }; answer: QueueList };
    "/queues/{id}": { path: { id: string }; answer: Queue };
    "/policies": { answer: PolicyList };
    "/policies/current": { answer: Policy };
    "/policies/{id}": { path: { id: string }; answer: Policy };
    "/holidays": { query?: { country?: string; year?: number | null; locale?: string }; answer: HolidayList };
    "/holidays/countries": { answer: CountryList };
    "/policies/{id}/dry-runs": { path: { id: string }; answer: DryRunList };
    "/dry-runs/{id}": { path: { id: string }; answer: DryRun };
    "/staffing": { query: { arrivals: number; talk: number; patience?: number | null; interval?: number; share?: number; within?: number; occupancy?: number; shrinkage?: number }; answer: Staffing };
    "/contacts/{id}/routing": { path: { id: string }; answer: Routing };
    "/contacts/{id}/routing/why-not/{employee_id}": { path: { id: string; employee_id: string }; query?: { offer_id?: string | null }; answer: WhyNot };
    "/employees/{id}/routing/why-idle": { path: { id: string }; answer: WhyIdle };
    "/me/routing/why-idle": { answer: WhyIdle };
    "/waits": { answer: WaitingContacts };
    "/waits/accuracy": { answer: AccuracyList };
    "/kinds": { query?: { archived?: boolean }; answer: CodedPage };
    "/result-codes": { query?: { archived?: boolean }; answer: ResultCodePage };
    "/accounts/providers": { answer: ProviderList };
    "/accounts/ailing": { answer: AilingList };
    "/accounts": { query?: { archived?: boolean }; answer: AccountList };
    "/accounts/{id}": { path: { id: string }; answer: Account };
    "/accounts/{id}/report": { path: { id: string }; answer: Told };
    "/brands": { query?: { archived?: boolean }; answer: BrandList };
    "/accounts/{id}/authorization": { path: { id: string }; answer: Authorization | undefined };
    "/oauth/callback": { answer: undefined };
    "/accounts/{id}/trial": { path: { id: string }; answer: Trial | undefined };
    "/quarantine": { query?: { state?: "waiting" | "replayed" | "dropped" | null; account_id?: string | null; cursor?: string | null; limit?: number }; answer: QuarantinePage };
    "/quarantine/{id}": { path: { id: string }; answer: QuarantinedRequest };
    "/jobs/dead": { query?: { cursor?: string | null; limit?: number }; answer: DeadJobs };
    "/health-report": { answer: HealthReport };
    "/accounts/{id}/health": { path: { id: string }; answer: AccountReport };
  };
  POST: {
    "/auth/sign-in": { body: SignIn; answer: Opened };
    "/auth/sign-out": { answer: undefined };
    "/auth/sign-out-everywhere": { answer: undefined };
    "/me/password": { body: NewPassword; answer: Opened };
    "/tokens": { body: NewToken; answer: TokenMade };
    "/auth/link": { body: Look; answer: LinkInfo };
    "/auth/first": { body: First; answer: Opened };
    "/auth/invitation": { body: Invitation; answer: Opened };
    "/contacts/{id}/messages": { path: { id: string }; body: NewMessage; answer: Message };
    "/contacts/{id}/read": { path: { id: string }; body: ReadIn; answer: undefined };
    "/offers/{id}/accept": { path: { id: string }; answer: Contact };
    "/offers/{id}/decline": { path: { id: string }; body: Decline; answer: undefined };
    "/contacts/{id}/take": { path: { id: string }; answer: Contact };
    "/contacts/{id}/transfer": { path: { id: string }; body: Transfer; answer: Contact | undefined };
    "/contacts/{id}/park": { path: { id: string }; body: Park; answer: Contact };
    "/contacts/{id}/split": { path: { id: string }; body: Split; answer: Part };
    "/contacts/{id}/join": { path: { id: string }; body: Join; answer: Contact };
    "/contacts/{id}/close": { path: { id: string }; body: Result; answer: Contact };
    "/contacts/{id}/wrap-up": { path: { id: string }; body: WrapUp; answer: Contact };
    "/contacts/{id}/spam": { path: { id: string }; answer: Contact };
    "/contacts/{id}/not-spam": { path: { id: string }; answer: Contact };
    "/messages/{id}/undo": { path: { id: string }; answer: DeliveryState };
    "/messages/{id}/retry": { path: { id: string }; answer: DeliveryState };
    "/messages/{id}/resolve": { path: { id: string }; body: Resolve; answer: DeliveryState };
    "/clients": { body: ClientIn; answer: Client };
    "/clients/{id}/notes": { path: { id: string }; body: NoteIn; answer: Note };
    "/clients/{id}/identities": { path: { id: string }; body: IdentityIn; answer: Client };
    "/clients/{id}/merge": { path: { id: string }; body: MergeIn; answer: Merged };
    "/merges/{id}/undo": { path: { id: string }; answer: Merged };
    "/clients/{id}/start-links": { path: { id: string }; body: CarryIn; answer: StartLink };
    "/accounts/{id}/start-links": { path: { id: string }; body: PlaceIn; answer: StartLink };
    "/files": { answer: StoredFile };
    "/files/{id}/retry": { path: { id: string }; answer: Attachment };
    "/messages/{id}/copies": { path: { id: string }; query?: { pictures?: boolean }; answer: StoredFile[] };
    "/live/poll/{session}": { path: { session: string }; body: (SayTopics | SayResync | SayTyping | SayView | SayPing)[]; answer: undefined };
    "/employees": { body: NewEmployee; answer: Invited };
    "/employees/{id}/reset-link": { path: { id: string }; answer: ResetLink };
    "/employees/{id}/sign-out": { path: { id: string }; answer: undefined };
    "/departments": { body: NewDepartment; answer: Department };
    "/break-reasons": { body: NewCoded; answer: Coded };
    "/skills": { body: NewCoded; answer: Coded };
    "/queues": { body: NewQueue; answer: Queue };
    "/policies": { body: PolicyDraft; answer: Policy };
    "/policies/check": { body: PolicyDocument; answer: PolicyVerdict };
    "/policies/{id}/activate": { path: { id: string }; body: Activation; answer: Policy };
    "/policies/{id}/dry-runs": { path: { id: string }; body: DryRunWish; answer: DryRun };
    "/kinds": { body: NewCoded; answer: Coded };
    "/result-codes": { body: NewResultCode; answer: ResultCode };
    "/accounts/try": { body: TrySettings; answer: Told };
    "/accounts": { body: NewAccount; answer: Account };
    "/accounts/{id}/check": { path: { id: string }; answer: Account };
    "/brands": { body: NewBrand; answer: Brand };
    "/accounts/{id}/authorization": { path: { id: string }; answer: ToAgree };
    "/accounts/{id}/trial": { path: { id: string }; answer: Trial };
    "/quarantine/{id}/replay": { path: { id: string }; answer: Replayed };
    "/quarantine/{id}/drop": { path: { id: string }; answer: undefined };
    "/jobs/{id}/replay": { path: { id: string }; answer: undefined };
  };
  DELETE: {
    "/tokens/{id}": { path: { id: string }; answer: undefined };
    "/contacts/{id}/messages/{message_id}": { path: { id: string; message_id: string }; answer: Message };
    "/accounts/{id}/start-links/{link_id}": { path: { id: string; link_id: string }; answer: undefined };
    "/policies/{id}": { path: { id: string }; answer: undefined };
    "/dry-runs/{id}": { path: { id: string }; answer: undefined };
  };
  PATCH: {
    "/me": { body: MePatch; answer: Me };
    "/contacts/{id}": { path: { id: string }; body: ContactPatch; answer: Contact };
    "/contacts/{id}/messages/{message_id}": { path: { id: string; message_id: string }; body: Amend; answer: Message };
    "/clients/{id}": { path: { id: string }; body: ClientPatch; answer: Client };
    "/employees/{id}": { path: { id: string }; body: EmployeePatch; answer: Employee };
    "/departments/{id}": { path: { id: string }; body: DepartmentPatch; answer: Department };
    "/break-reasons/{id}": { path: { id: string }; body: CodedPatch; answer: Coded };
    "/skills/{id}": { path: { id: string }; body: CodedPatch; answer: Coded };
    "/queues/{id}": { path: { id: string }; body: QueuePatch; answer: Queue };
    "/kinds/{id}": { path: { id: string }; body: CodedPatch; answer: Coded };
    "/result-codes/{id}": { path: { id: string }; body: ResultCodePatch; answer: ResultCode };
    "/accounts/{id}": { path: { id: string }; body: AccountPatch; answer: Account };
    "/brands/{id}": { path: { id: string }; body: BrandPatch; answer: Brand };
  };
  PUT: {
    "/me/presence": { body: PresenceWish; answer: Me };
    "/contacts/{id}/drafts/{kind}": { path: { id: string; kind: string }; body: DraftIn; answer: undefined };
    "/policies/{id}": { path: { id: string }; body: PolicyDraft; answer: Policy };
  };
}
