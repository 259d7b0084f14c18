/** Who can do what, and how well: people by skills, filled in like a sheet. */
import { Button } from "@mantine/core";
import { type KeyboardEvent, useRef, useState } from "react";
import type { Coded, StaffMember } from "../../api/types";
import { useMay } from "../../api/hooks";
import { titled } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Bones, Empty, Failed } from "../../ui/states";
import { toast } from "../../ui/toasts";
import { AdminPage } from "../kit/AdminPage";
import { ListTools, matches } from "../kit/parts";
import { useOpened } from "../kit/useOpened";
import { useProblemWords } from "../kit/useProblemWords";
import { useRecords } from "../kit/useRecords";
import { useWords } from "../texts";
import { type Cell, HIGHEST, levelBy, moved } from "./sheet";
import { SkillDrawer } from "./SkillDrawer";
import { type Sheet, useSheet } from "./useSheet";
import css from "./skills.module.css";

const LEVELS = Array.from({ length: HIGHEST + 1 }, (_, level) => level);

export default function SkillsPage() {
  const { w, locale } = useWords();
  const text = useProblemWords();
  const may = useMay("administer");
  const [archived, setArchived] = useState(false);
  const [search, setSearch] = useState("");
  const skills = useRecords("/skills", { archived });
  const staff = useRecords("/employees");
  const opened = useOpened("skills", skills);
  const people = (staff.data ?? []).filter((one) => one.state !== "disabled" && one.role !== "light" && matches(search, one.name));
  const sheet = useSheet(staff.data ?? [], {
    onLost: (edit, level) => toast("bad", w("skills.lost", { name: staff.data?.find((one) => one.id === edit.employee)?.name ?? "", skill: nameOf(edit.skill), n: level })),
    onFailed: (error) => toast("bad", text(error)),
  });
  const nameOf = (id: string) => titled(skills.data?.find((one) => one.id === id)?.title, locale);
  const columns = (skills.data ?? []).filter((one) => !one.archived_at);
  const gone = (skills.data ?? []).filter((one) => one.archived_at);
  const add = may && (
    <Button onClick={() => opened.open("new")} leftSection={<Icon name="plus" size={16} />}>
      {w("skills.add")}
    </Button>
  );
  const failed = skills.error ?? staff.error;
  return (
    <AdminPage title={w("page.skills")} text={w("skills.text")} action={add}>
      <ListTools search={search} onSearch={setSearch} archived={archived} onArchived={setArchived}>
        {may && (
          <Button variant="default" size="xs" disabled={!sheet.canUndo} onClick={() => sheet.undo()} leftSection={<Icon name="undo" size={15} />}>
            {w("skills.undo")}
          </Button>
        )}
      </ListTools>
      {failed ? (
        <Failed error={failed} retry={() => void Promise.all([skills.refetch(), staff.refetch()])} />
      ) : !skills.data || !staff.data ? (
        <Bones rows={6} />
      ) : !columns.length ? (
        <Empty icon="hand" title={w("skills.none")} text={w("skills.none_text")} action={add} />
      ) : (
        <Matrix people={people} skills={columns} sheet={sheet} may={may} onSkill={opened.open} />
      )}
      {gone.length > 0 && (
        <p className={css.gone}>
          {w("skills.gone")}
          {gone.map((one) => (
            <Button key={one.id} size="compact-xs" variant="subtle" color="gray" onClick={() => opened.open(one.id)}>
              {titled(one.title, locale)}
            </Button>
          ))}
        </p>
      )}
      {(opened.fresh || opened.record) && <SkillDrawer key={opened.record?.id ?? "new"} skill={opened.record} onClose={opened.close} />}
    </AdminPage>
  );
}

interface MatrixProps {
  people: readonly StaffMember[];
  skills: readonly Coded[];
  sheet: Sheet;
  may: boolean;
  onSkill: (id: string) => void;
}

/** One cell is in the order of the tab key; arrows move it. */
function Matrix({ people, skills, sheet, may, onSkill }: MatrixProps) {
  const { w, locale } = useWords();
  const own = useRef<HTMLTableElement>(null);
  const [wanted, setAt] = useState<Cell>({ row: 0, column: 0 });
  const at = { row: Math.min(wanted.row, people.length - 1), column: Math.min(wanted.column, skills.length - 1) };
  const employee = people[at.row];
  const skill = skills[at.column];
  const go = (cell: Cell) => {
    setAt(cell);
    own.current?.querySelector<HTMLElement>(`[data-cell="${cell.row} ${cell.column}"]`)?.focus();
  };
  const press = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if ((ctrlKey || metaKey) && key.toLowerCase() === "z") {
      const undone = may && sheet.undo();
      if (undone) {
        const cell = { row: people.findIndex((one) => one.id === undone.employee), column: skills.findIndex((one) => one.id === undone.skill) };
        if (cell.row >= 0 && cell.column >= 0) go(cell);
      }
      event.preventDefault();
      return;
    }
    const next = moved(at, key, people.length, skills.length, ctrlKey || metaKey);
    const level = may && employee && skill && !ctrlKey && !metaKey && !altKey ? levelBy(key, sheet.level(employee, skill.id)) : undefined;
    if (next) go(next);
    else if (level !== undefined && employee && skill) sheet.set(employee, skill.id, level);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  if (!people.length) return <Empty icon="search" title={w("list.nothing")} text={w("list.nothing_text")} small />;
  return (
    <>
      <div className={css.box}>
        {/* A grid is a table whose cells take keys. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role */}
        <table className={css.sheet} ref={own} role="grid" aria-label={w("page.skills")} aria-readonly={!may} onKeyDown={press}>
          <thead>
            <tr>
              <th scope="col">{w("field.person")}</th>
              {skills.map((one) => (
                <th key={one.id} scope="col">
                  <button type="button" className={css.skill} title={titled(one.title, locale)} onClick={() => onSkill(one.id)}>
                    {titled(one.title, locale)}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {people.map((person, row) => (
              <tr key={person.id}>
                <th scope="row" title={person.name}>
                  {person.name}
                </th>
                {skills.map((one, column) => {
                  const level = sheet.level(person, one.id);
                  const here = row === at.row && column === at.column;
                  return (
                    <td
                      key={one.id}
                      data-cell={`${row} ${column}`}
                      data-level={level}
                      data-state={sheet.state(person.id, one.id)}
                      tabIndex={here ? 0 : -1}
                      aria-selected={here}
                      aria-label={`${person.name}, ${titled(one.title, locale)}: ${level || w("skills.no_level")}`}
                      onFocus={() => setAt({ row, column })}
                      onClick={(event) => event.currentTarget.focus()}
                    >
                      {level || "·"}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {employee && skill && (
        <div className={css.bar}>
          <span className={css.where}>
            <b>{employee.name}</b> {titled(skill.title, locale)}
          </span>
          {may && (
            <span className={css.levels} role="group" aria-label={w("skills.level")}>
              {LEVELS.map((level) => (
                <button key={level} type="button" tabIndex={-1} aria-pressed={sheet.level(employee, skill.id) === level} onClick={() => sheet.set(employee, skill.id, level)}>
                  {level || "—"}
                </button>
              ))}
            </span>
          )}
          {may && <span className={css.hint}>{w("skills.keys")}</span>}
        </div>
      )}
    </>
  );
}
