/** When an integration is worked: its own times, else those of its connections, in words. Pure; the server decides by the same rule. */
import type { Connection, Document, Schedule } from "../../../api/types";
import { count, span } from "../../../widgets/words";

/** The interval where neither the integration nor one of its connections names a time, as the server has it. */
export const USUAL_SECONDS = 30;

export interface End {
  name: string;
  schedule: Schedule;
}

/** The connections of an integration, each once; undefined until they are known. */
export function endsOf(document: Pick<Document, "left" | "right">, connections: readonly Connection[] | undefined): End[] | undefined {
  const both = new Set([document.left.connection, document.right.connection]);
  const found = connections?.filter((one) => both.has(one.id));
  return found?.length === both.size ? found.map(({ name, schedule }) => ({ name, schedule })) : undefined;
}

const timed = (schedule: Schedule) => schedule.every_seconds !== null || schedule.cron !== "";

function times(schedule: Schedule): string {
  return schedule.cron === "" ? `every ${span(schedule.every_seconds ?? USUAL_SECONDS)}` : `by the clock of ${schedule.zone}: ${schedule.cron} (cron)`;
}

/** An integration's own times count; without them its connections' do, and the later of the two is waited for. */
export function sayTimes(own: Schedule, ends: readonly End[] | undefined): string {
  return [sayOften(own, ends), sayWindows(own, ends ?? []), sayHints(own, ends ?? [])].filter((said) => said !== "").join(" ");
}

function sayOften(own: Schedule, ends: readonly End[] | undefined): string {
  if (timed(own)) return `Both sides are looked at ${times(own)}.`;
  if (ends === undefined) return "Both sides are looked at as often as their connections say.";
  const saying = ends.filter((end) => timed(end.schedule));
  const [first, second] = saying;
  if (!first) return `Both sides are looked at every ${span(USUAL_SECONDS)}: neither the integration nor a connection names a time.`;
  if (!second) return `Both sides are looked at as ${first.name} says, ${times(first.schedule)}.`;
  return `Both sides are looked at as their connections say, and the later is waited for: ${saying.map((end) => `${end.name} ${times(end.schedule)}`).join(", ")}.`;
}

function sayWindows(own: Schedule, ends: readonly End[]): string {
  const theirs = ends.filter((end) => end.schedule.windows.length > 0);
  const all = theirs.reduce((sum, end) => sum + end.schedule.windows.length, own.windows.length);
  if (all === 0) return "";
  const whose = theirs.map((end) => `${end.schedule.windows.length} of ${end.name}`).join(", ");
  return `Nothing is sent within ${count(all, "maintenance window")}${whose === "" ? "" : ` (${whose})`}.`;
}

function sayHints(own: Schedule, ends: readonly End[]): string {
  const deaf = ends.filter((end) => !end.schedule.webhooks).map((end) => end.name);
  if (!own.webhooks) return "Webhooks wait for the next look.";
  return deaf.length === 0 ? "" : `Webhooks wait for the next look, because ${deaf.join(" and ")} ${deaf.length === 1 ? "says" : "say"} so.`;
}
