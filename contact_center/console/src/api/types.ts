/** The names by which the console calls the API's shapes. The shapes themselves are generated; only
 *  what the service keeps for the console without looking into it is described here. */
import type * as Api from "./generated";
import type { Answer, Body } from "./ask";
import type { Routes } from "./generated";

export type {
  AccountReport,
  Attachment,
  AuthState,
  Brand,
  Choice,
  Client,
  ClientRow,
  Coded,
  Contact,
  ContactRow,
  Counts,
  DeadJob,
  Department,
  Directory,
  Draft,
  HealthReport,
  Identity,
  LetterStart,
  LiveEvent,
  LiveReady,
  LiveSubscribed,
  LiveSync,
  LiveTyping,
  LiveViewers,
  Me,
  Message,
  MessagePage,
  Offer,
  Part,
  Permission,
  ProviderInfo,
  QuarantinedRequest,
  ResultCode,
  SettingField,
  Told,
  Trial,
} from "./generated";

export type Title = Api.Coded["title"];

// A queue and a connection have two faces: what everybody sees of them, and what administration does.
export type Queue = Api.QueueNow;
export type QueueRecord = Api.Queue;
export type Account = Api.AccountName;
export type PlaceLink = Api.PlaceLink;
export type Connection = Api.Account;
export type DirectoryEmployee = Api.Colleague;
export type StaffMember = Api.Employee;

export type LetterDraft = Api.DraftLetter;
export type ApiToken = Api.TokenRow;
export type Hours = Api.Queue["hours"];

export type Role = Api.Self["role"];
export type PresenceState = Api.Me["presence"];
export type Proof = Api.Identity["proof"];
export type DraftKind = keyof Api.Drafts;
export type DeliveryState = Api.DeliveryState["state"];
export type QuarantineState = Api.QuarantineRow["state"];
export type Health = Api.Account["health"];

type ListQuery = NonNullable<Routes["GET"]["/contacts"]["query"]>;
/** The views of the inbox: of the results that are owed a banner tells. */
export type View = Exclude<NonNullable<ListQuery["view"]>, "wrap_up">;
export type Sort = NonNullable<ListQuery["sort"]>;
export type Closing = Body<"POST", "/contacts/{id}/close">;

/** What the long poll and the socket bring, and what a screen says. */
export type Frame = Answer<"GET", "/live/poll">[number];
export type Said = Body<"POST", "/live/poll/{session}">[number];

/** How somebody likes the console: the service only keeps it. */
export interface Settings {
  theme?: "auto" | "light" | "dark";
  density?: "comfortable" | "compact";
  sounds?: { offer?: boolean; message?: boolean; volume?: number; quiet_when_focused?: boolean };
  notices?: boolean;
  shortcuts?: boolean;
}
