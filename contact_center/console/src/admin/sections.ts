/** The administration's pages: one line each. A page is loaded when it is first opened. */
import type { ComponentType } from "react";
import type { IconName } from "../ui/icons";
import type { Word } from "./texts";

export interface AdminSection {
  /** Its place: /admin/<path>. */
  path: string;
  title: Word;
  icon: IconName;
  /** Under which heading of the navigation it stands. */
  group: "people" | "work" | "connections" | "service";
  /** Who may open it; lists are readable with "supervise". */
  permission: "supervise" | "administer";
  load: () => Promise<{ default: ComponentType }>;
}

export const adminSections: readonly AdminSection[] = [
  { path: "employees", title: "page.employees", icon: "clients", group: "people", permission: "supervise", load: () => import("./people/EmployeesPage") },
  { path: "departments", title: "page.departments", icon: "building", group: "people", permission: "supervise", load: () => import("./people/DepartmentsPage") },
  { path: "skills", title: "page.skills", icon: "hand", group: "people", permission: "supervise", load: () => import("./skills/SkillsPage") },
  { path: "queues", title: "page.queues", icon: "queue", group: "work", permission: "supervise", load: () => import("./queues/QueuesPage") },
  { path: "routing", title: "page.routing", icon: "sliders", group: "work", permission: "supervise", load: () => import("./routing/RoutingPage") },
  { path: "staffing", title: "page.staffing", icon: "calendar", group: "work", permission: "supervise", load: () => import("./staffing/StaffingPage") },
  { path: "kinds", title: "page.kinds", icon: "tag", group: "work", permission: "supervise", load: () => import("./lists/KindsPage") },
  { path: "result-codes", title: "page.result_codes", icon: "flag", group: "work", permission: "supervise", load: () => import("./lists/ResultCodesPage") },
  { path: "break-reasons", title: "page.break_reasons", icon: "coffee", group: "work", permission: "supervise", load: () => import("./lists/BreakReasonsPage") },
  { path: "accounts", title: "page.accounts", icon: "plug", group: "connections", permission: "supervise", load: () => import("./accounts/AccountsPage") },
  { path: "brands", title: "page.brands", icon: "star", group: "connections", permission: "supervise", load: () => import("./accounts/BrandsPage") },
  { path: "health", title: "page.health", icon: "pulse", group: "service", permission: "supervise", load: () => import("./service/HealthPage") },
  { path: "quarantine", title: "page.quarantine", icon: "bug", group: "service", permission: "supervise", load: () => import("./service/QuarantinePage") },
  { path: "tokens", title: "page.tokens", icon: "key", group: "service", permission: "administer", load: () => import("./service/TokensPage") },
];
