/** What the server says no with: a sentence for people, and the field it is about. */
export class ApiProblem extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly field: string | null,
  ) {
    super(message);
    this.name = "ApiProblem";
  }
}

/** The sentence of any error. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The sentence when the error is about this field (a dotted path may end with it), else undefined. */
export function problemOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiProblem) || error.field === null) return undefined;
  return error.field === field || error.field.endsWith(`.${field}`) ? error.message : undefined;
}

const AWAY = [0, 502, 503, 504];

/** Whether the server, or something that it needs, is away: nobody's fault, and over by itself. */
export function isAway(error: unknown): boolean {
  return error instanceof ApiProblem && AWAY.includes(error.status);
}
