/** The administration's pages: one line each. A page is loaded when it is first opened. */
import type { ComponentType } from "react";
import type { Key } from "../i18n";
import type { IconName } from "../ui/icons";

export interface AdminSection {
  /** Its place: /admin/<path>. */
  path: string;
  title: Key;
  icon: IconName;
  /** Under which heading of the navigation it stands. */
  group: "people" | "work" | "connections" | "service";
  /** Who may open it; lists are readable with "supervise". */
  permission: "supervise" | "administer";
  load: () => Promise<{ default: ComponentType }>;
}

export const adminSections: readonly AdminSection[] = [];
