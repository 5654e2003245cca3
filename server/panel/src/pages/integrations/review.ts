/** An integration in plain words: what travels, who wins, what stays private. Pure. */
import type { Direction, Document, FieldMapping } from "../../api/types";
import { count, size, span } from "../../widgets/words";
import type { Names } from "./names";
import { oneWay } from "./migration";
import { type End, sayTimes } from "./rules/timetable";

export interface Ability {
  left: boolean;
  right: boolean;
}

export interface Sentence {
  about: "items" | "fields" | "conflicts" | "comments" | "private" | "files" | "links" | "partings" | "pace";
  text: string;
  grave: boolean;
}

/** What people can change on a side without a time of change; empty: nothing. */
export type Silence = Record<"left" | "right", string>;

const NEITHER: Ability = { left: false, right: false };
const NO_SILENCE: Silence = { left: "", right: "" };

/** ``label`` gives a field's name, ``privacy`` says which app knows private comments, ``ends`` when its connections are worked, ``restricts`` which app knows private items. */
export function review(
  written: Document, names: Names, label: (field: FieldMapping) => string, privacy: Ability, ends?: readonly End[], restricts: Ability = NEITHER, silent: Silence = NO_SILENCE,
): Sentence[] {
  const document = oneWay(written);
  return [
    ...migration(document, names),
    items(document, names),
    ...scope(document, names),
    ...audience(document, names, restricts),
    ...viewers(document, names),
    ...fields(document, names, label),
    conflicts(document, names),
    comments(document, names),
    ...mentions(document),
    privates(document, names, privacy),
    files(document, names),
    links(document, names),
    ...partings(document, names),
    { about: "pace", text: pace(document, ends), grave: false },
    ...late(document, names, silent),
  ];
}

function migration({ migration: way }: Document, { left, right }: Names): Sentence[] {
  if (way === null) return [];
  const [from, to] = way === "to_left" ? [right, left] : [left, right];
  return [{ about: "items", text: `This is a migration: everything of ${from} moves to ${to} once, nothing is written to ${from}, and it ends by itself with a summary.`, grave: false }];
}

function pace({ schedule, scan_hours }: Document, ends: readonly End[] | undefined): string {
  const whole = scan_hours > 0 ? ` Everything is compared every ${span(scan_hours * 3600)}.` : "";
  return `${sayTimes(schedule, ends)}${whole}`;
}

/** What no time of change tells is found later than the rest. */
function late({ scan_hours }: Document, names: Names, silent: Silence): Sentence[] {
  const kinds = (["left", "right"] as const).filter((side) => silent[side] !== "").map((side) => `${silent[side]} in ${names[side]}`);
  if (kinds.length === 0) return [];
  const others = scan_hours > 0 ? "when everything is compared" : "when somebody has it synced again";
  const said = list(kinds);
  return [{ about: "pace", text: `${said.charAt(0).toUpperCase()}${said.slice(1)} move no time there: they are found within minutes in an item that changed in the last six hours, in any other ${others}.`, grave: false }];
}

function ways(direction: Direction, names: Names): string {
  if (direction === "both") return "both ways";
  return direction === "to_right" ? `only from ${names.left} to ${names.right}` : `only from ${names.right} to ${names.left}`;
}

function items({ creates }: Document, { left, right }: Names): Sentence {
  const text = creates === "both"
    ? `Every item of ${left} gets a twin in ${right}, and every item of ${right} one in ${left}.`
    : creates === "to_right"
      ? `Every item of ${left} gets a twin in ${right}. New items of ${right} stay there.`
      : `Every item of ${right} gets a twin in ${left}. New items of ${left} stay there.`;
  return { about: "items", text, grave: false };
}

function scope({ scope: rules }: Document, names: Names): Sentence[] {
  const filtered = (["left", "right"] as const).filter((side) => rules[side].every.length + rules[side].new.length + rules[side].kept.length > 0);
  return filtered.map((side) => ({ about: "items", text: `A filter decides which items of ${names[side]} belong; the others stay where they are and are listed.`, grave: false }));
}

function audience({ audience: rules }: Document, names: Names, restricts: Ability): Sentence[] {
  const said: Sentence[] = [];
  for (const [here, there, what] of [["left", "right", "on_right"], ["right", "left", "on_left"]] as const) {
    if (!restricts[here] && rules[here] === "stay") continue;
    if (rules[here] === "open") {
      said.push({ about: "private", text: `Private items of ${names[here]} travel like any other. Everyone who sees ${names[there]} can READ them there.`, grave: true });
      continue;
    }
    const told = { ignore: "stays as it was", note: "is told no more than that", close: "is told no more than that, and closed", delete: "is deleted if Lockstep made it and nobody has touched it" }[rules.leaving[what]];
    const text = rules[here] === "alike"
      ? `Private items of ${names[here]} get a twin in ${names[there]} that is private, too.`
      : `Private items of ${names[here]} stay there. One that becomes private is not kept in step until it is public again; its twin ${told}.`;
    said.push({ about: "private", text, grave: false });
  }
  return said;
}

function viewers({ viewers_ask: ask }: Document, names: Names): Sentence[] {
  if (!ask) return [];
  return [{ about: "private", text: `People who may only look can have ${names.left} and ${names.right} asked on the page “Why”, with the accounts of the connections.`, grave: false }];
}

function partings({ deletions, scope: rules }: Document, names: Names): Sentence[] {
  const words = { ignore: "stays as it is", note: "is told by a comment", close: "is told and closed", delete: "is deleted if Lockstep made it and nobody has touched it" };
  const said: Sentence[] = [];
  for (const [here, there, what] of [["left", "right", "on_right"], ["right", "left", "on_left"]] as const) {
    const [gone, left] = [deletions[what], rules.leaving[what]];
    if (gone !== "ignore") said.push({ about: "partings", text: `When an item of ${names[here]} is deleted, its twin in ${names[there]} ${words[gone]}.`, grave: gone === "delete" });
    if (left !== "ignore") said.push({ about: "partings", text: `When an item of ${names[here]} leaves the scope, its twin in ${names[there]} ${words[left]}${left === "delete" ? "; should the item come back, it gets no new one" : ""}.`, grave: left === "delete" });
  }
  return said.length > 0 ? said : [{ about: "partings", text: "When an item is deleted, its twin stays as it is.", grave: false }];
}

function fields(document: Document, names: Names, label: (field: FieldMapping) => string): Sentence[] {
  const all = document.types.flatMap((type) => type.fields);
  const said: Sentence[] = [];
  for (const direction of ["both", "to_right", "to_left"] as const) {
    const labels = [...new Set(all.filter((field) => field.direction === direction && !field.create_only).map(label))];
    if (labels.length > 0) said.push({ about: "fields", text: `${list(labels)} ${labels.length === 1 ? "travels" : "travel"} ${ways(direction, names)}.`, grave: false });
  }
  const once = [...new Set(all.filter((field) => field.create_only).map(label))];
  if (once.length > 0) said.push({ about: "fields", text: `${list(once)} ${once.length === 1 ? "is" : "are"} set when the twin is made and left alone afterwards.`, grave: false });
  if (all.length === 0) said.push({ about: "fields", text: "No field travels yet: choose at least one pair of fields.", grave: true });
  return said;
}

function conflicts(document: Document, { left, right }: Names): Sentence {
  const policies = new Set(document.types.flatMap((type) => type.fields.filter((field) => field.direction === "both").map((field) => field.conflict)));
  const words = { latest: "the later change wins", left: `${left} wins`, right: `${right} wins`, hold: "neither is written and a person decides" };
  const [only] = policies;
  if (policies.size === 0) return { about: "conflicts", text: "Nothing travels both ways, so no two changes can collide.", grave: false };
  if (policies.size === 1 && only) return { about: "conflicts", text: `When the same field was changed on both sides, ${words[only]}.`, grave: false };
  return { about: "conflicts", text: `When the same field was changed on both sides, it depends on the field: ${list([...policies].map((policy) => words[policy]), "or")}.`, grave: false };
}

function mentions({ texts }: Document): Sentence[] {
  if (!texts.mentions) return [];
  return [{ about: "comments", text: "A mention of somebody who is known on both sides mentions them on the other side, too.", grave: true }];
}

function comments({ comments: rules }: Document, names: Names): Sentence {
  if (rules.direction === null) return { about: "comments", text: "Comments do not travel.", grave: false };
  return { about: "comments", text: `Comments travel ${ways(rules.direction, names)}${rules.edits ? ", and so do later changes to them where the app allows it" : ""}.`, grave: false };
}

function privates({ comments: rules }: Document, names: Names, privacy: Ability): Sentence {
  const about = "private";
  if (rules.direction === null) return { about, text: "Private comments stay where they are.", grave: false };
  if (rules.private === "skip") return { about, text: "Private comments never leave the side where they were written.", grave: false };
  if (rules.private === "publish") return { about, text: "Private comments become PUBLIC on the other side. Everyone who sees the twin can read them.", grave: true };
  if (!privacy.left && !privacy.right) return { about, text: "Neither app knows private comments, so every comment can be read by everyone who sees the item.", grave: false };
  const open = [rules.direction !== "to_left" && !privacy.right && names.right, rules.direction !== "to_right" && !privacy.left && names.left].filter((name) => name !== false);
  if (open.length === 0) return { about, text: "Private comments travel and stay private on the other side.", grave: false };
  return { about, text: `Private comments stay private: ${list(open)} ${open.length === 1 ? "knows" : "know"} no private comments, so they do not travel there and are listed as skipped.`, grave: false };
}

function files({ attachments: rules }: Document, names: Names): Sentence {
  if (rules.direction === null) return { about: "files", text: "Files do not travel.", grave: false };
  return { about: "files", text: `Files of up to ${size(rules.max_bytes)} travel ${ways(rules.direction, names)}, byte for byte. Larger ones stay and are listed.`, grave: false };
}

function links({ links: rules }: Document, names: Names): Sentence {
  const parents = rules.parents === null ? "Parents do not travel" : `Parents travel ${ways(rules.parents, names)}: a parent's twin is made before its children's`;
  if (rules.direction === null) return { about: "links", text: `${parents}. Links between items stay where they are.`, grave: false };
  const kinds = rules.kinds.filter((kind) => kind.left !== "" && kind.right !== "").map((kind) => (kind.left === kind.right ? kind.left : `${kind.left} as ${kind.right}`));
  if (kinds.length === 0) return { about: "links", text: `${parents}. No link travels yet: pair at least one kind of them.`, grave: true };
  return { about: "links", text: `${parents}. Links travel ${ways(rules.direction, names)} as soon as both of their items have twins: ${list(kinds)}. All others stay where they are.`, grave: false };
}

function list(words: string[], joint = "and"): string {
  if (words.length <= 1) return words[0] ?? "";
  if (words.length > 12) return `${words.slice(0, 10).join(", ")} ${joint} ${count(words.length - 10, "more", "more")}`;
  return `${words.slice(0, -1).join(", ")} ${joint} ${words.at(-1) ?? ""}`;
}
