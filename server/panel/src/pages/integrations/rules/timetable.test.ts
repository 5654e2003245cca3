import { describe, expect, it } from "vitest";
import type { Schedule } from "../../../api/types";
import { sayTimes } from "./timetable";

const schedule = (change: Partial<Schedule> = {}): Schedule => ({ every_seconds: null, cron: "", zone: "UTC", windows: [], webhooks: true, ...change });
const end = (name: string, change: Partial<Schedule> = {}) => ({ name, schedule: schedule(change) });
const night = { begins: "22:00", ends: "02:00", days: [], zone: "UTC" };

describe("the times of an integration", () => {
  it("are its own, whatever its connections say", () => {
    expect(sayTimes(schedule({ every_seconds: 300 }), [end("Desk", { every_seconds: 9000 })])).toBe("Both sides are looked at every 5 min.");
  });

  it("are its connections' where it says none, and the later is waited for", () => {
    expect(sayTimes(schedule(), [end("Desk"), end("Lab")])).toContain("every 30 s");
    expect(sayTimes(schedule(), [end("Desk"), end("Lab", { every_seconds: 600 })])).toBe("Both sides are looked at as Lab says, every 10 min.");
    const both = sayTimes(schedule(), [end("Desk", { every_seconds: 600 }), end("Lab", { cron: "30 2 * * *", zone: "Europe/Berlin" })]);
    expect(both).toContain("the later is waited for: Desk every 10 min, Lab by the clock of Europe/Berlin: 30 2 * * * (cron).");
  });

  it("are not guessed while the connections are unknown", () => {
    expect(sayTimes(schedule(), undefined)).toBe("Both sides are looked at as often as their connections say.");
  });

  it("leave out the windows of all three", () => {
    const said = sayTimes(schedule({ every_seconds: 60, windows: [night] }), [end("Desk", { windows: [night, night] }), end("Lab")]);
    expect(said).toContain("Nothing is sent within 3 maintenance windows (2 of Desk).");
  });

  it("are all there is where somebody wants no webhook to count", () => {
    expect(sayTimes(schedule(), [end("Desk", { webhooks: false }), end("Lab")])).toContain("because Desk says so");
    expect(sayTimes(schedule({ webhooks: false }), [])).toContain("Webhooks wait for the next look.");
  });
});
