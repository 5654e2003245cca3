import { describe, expect, it } from "vitest";
import { answered, current } from "./answers";

const waiting = (seconds: number) => Response.json({ answer: "/api/v1/answers/x", asking: "Bugs", seconds }, { status: 202 });

function script(...said: Response[]) {
  const looked: string[] = [];
  const pauses: number[] = [];
  const shown: string[][] = [];
  return {
    looked, pauses, shown,
    look: (path: string) => {
      looked.push(path);
      shown.push(current().map((one) => one.app));
      return Promise.resolve(said.shift() ?? Response.json({ ok: true }));
    },
    pause: (milliseconds: number, signal: AbortSignal) => {
      pauses.push(milliseconds);
      return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
    },
  };
}

describe("an answer that takes a while", () => {
  it("is looked for until it is there, with pauses that grow", async () => {
    const { look, pause, looked, pauses } = script(waiting(0.2), waiting(0.5), Response.json({ id: 1 }, { status: 201 }));
    const found = await answered(waiting(0), look, undefined, pause);
    expect(found.status).toBe(201);
    expect(looked).toEqual(["/api/v1/answers/x", "/api/v1/answers/x", "/api/v1/answers/x"]);
    expect(pauses).toEqual([...pauses].sort((one, other) => one - other));
    expect(new Set(pauses).size).toBe(3);
  });

  it("is told with the name of the app after a second, and no more once it is there", async () => {
    const { look, pause, shown } = script(waiting(1.2), waiting(3), Response.json({}));
    await answered(waiting(0.3), look, undefined, pause);
    expect(shown).toEqual([[], ["Bugs"], ["Bugs"]]);
    expect(current()).toEqual([]);
  });

  it("ends with a sentence when somebody stops it", async () => {
    const { pause } = script();
    const look = () => {
      for (const one of current()) one.stop();
      return Promise.resolve(waiting(2));
    };
    await expect(answered(waiting(1), look, undefined, pause)).rejects.toThrow("You stopped waiting for “Bugs”");
    expect(current()).toEqual([]);
  });

  it("ends when the page is left", async () => {
    const { look, pause } = script(waiting(2), waiting(2));
    await expect(answered(waiting(1), look, AbortSignal.abort(new Error("gone")), pause)).rejects.toThrow("gone");
  });

  it("gives back what is no waiting as it is", async () => {
    const { look, pause, looked } = script();
    expect((await answered(Response.json({}, { status: 404 }), look, undefined, pause)).status).toBe(404);
    expect(looked).toEqual([]);
  });

  it("looks again while the server has no turn for it, and not for ever", async () => {
    const busy = () => Response.json({}, { status: 429, headers: { "Retry-After": "1" } });
    const { look, pause } = script(busy(), busy(), Response.json({}));
    expect((await answered(waiting(0), look, undefined, pause)).status).toBe(200);
    const never = script(...Array.from({ length: 40 }, busy));
    expect((await answered(waiting(0), never.look, undefined, never.pause)).status).toBe(429);
    expect(never.looked).toHaveLength(9);
    const told = script(Response.json({}, { status: 429, headers: { "Retry-After": "5" } }));
    expect((await answered(waiting(0), told.look, undefined, told.pause)).status).toBe(429);
    expect(told.looked).toHaveLength(1);
  });
});
