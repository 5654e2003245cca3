/** The table of who is who, as pairs of people of two connections. Pure. */
import type { AppUser, Person } from "../../api/types";

/** A user of one side and the twin that was chosen for them ("" none). */
export interface Match {
  user: AppUser;
  twin: string;
}

/** Which user of ``right`` each user of ``left`` is, by the table. */
export function matches(table: readonly Person[], left: string, users: readonly AppUser[], right: string): Match[] {
  const person = new Map(table.filter((row) => row.connection === left).map((row) => [row.app_user, row.person]));
  const twins = new Map(table.filter((row) => row.connection === right).map((row) => [row.person, row.app_user]));
  return users.map((user) => ({ user, twin: twins.get(person.get(user.id) ?? "") ?? "" }));
}

/** The table after ``user`` of ``left`` was said to be ``twin`` of ``right`` ("" nobody there). Other connections stay. */
export function matched(table: readonly Person[], left: string, user: AppUser, right: string, twin: string): Person[] {
  const name = table.find((row) => row.connection === left && row.app_user === user.id)?.person ?? free(table, user);
  const kept = table.filter((row) =>
    !(row.connection === left && row.app_user === user.id) &&
    !(row.connection === right && (row.app_user === twin || row.person === name)));
  const others = kept.some((row) => row.person === name);
  if (twin === "") return others ? [...kept, { connection: left, app_user: user.id, person: name }] : kept;
  return [...kept, { connection: left, app_user: user.id, person: name }, { connection: right, app_user: twin, person: name }];
}

function free(table: readonly Person[], user: AppUser): string {
  const base = user.email || user.login || user.name || user.id;
  const taken = new Set(table.map((row) => row.person));
  let name = base;
  for (let n = 2; taken.has(name); n += 1) name = `${base} ${n}`;
  return name;
}

/** The user of ``others`` who is most likely the same: by e-mail, then login, then name. */
export function likely(user: AppUser, others: readonly AppUser[]): AppUser | undefined {
  const same = (one: string, other: string) => one !== "" && one.toLowerCase() === other.toLowerCase();
  return others.find((other) => same(user.email, other.email))
    ?? others.find((other) => same(user.login, other.login))
    ?? others.find((other) => same(user.name, other.name));
}
