import { describe, expect, it } from "vitest";
import type { Document, FieldMapping } from "../../api/types";
import { review } from "./review";

const field = (left: string, more: Partial<FieldMapping> = {}): FieldMapping => ({
  left, right: left, direction: "both", conflict: "latest", create_only: false, values: [], ...more,
});
const everything = { every: [], new: [], kept: [] };
const document = (more: Partial<Document> = {}): Document => ({
  left: { connection: "1", container: "a" },
  right: { connection: "2", container: "b" },
  types: [{ left: "bug", right: "ticket", fields: [field("Title"), field("Status"), field("Priority", { direction: "to_right" })], creates: true, updates: true }],
  creates: "both",
  comments: { direction: "both", private: "keep", edits: true, deletions: false },
  attachments: { direction: "both", max_bytes: 50 * 1024 * 1024, deletions: false },
  schedule: { every_seconds: 30, cron: "", zone: "UTC", windows: [], webhooks: true },
  scan_hours: 24,
  texts: { mentions: false },
  matching: { rules: [] },
  migration: null,
  audience: { left: "stay", right: "stay", leaving: { on_left: "ignore", on_right: "ignore" } },
  viewers_ask: false,
  scope: { left: everything, right: everything, leaving: { on_left: "ignore", on_right: "ignore" } },
  deletions: { on_left: "ignore", on_right: "ignore" },
  links: { direction: null, parents: null, kinds: [] },
  guard: { partings: 10, rewrites: 50, least: 50 },
  breaker: { writes: 60 },
  ...more,
});
const names = { left: "Desk", right: "Lab" };
const say = (given: Document, privacy = { left: true, right: true }) => review(given, names, (one) => one.left, privacy);
const about = (given: Document, topic: string, privacy?: { left: boolean; right: boolean }) =>
  say(given, privacy).filter((sentence) => sentence.about === topic).map((sentence) => sentence.text).join(" ");

describe("an integration in plain words", () => {
  it("names the fields by the way they travel", () => {
    expect(about(document(), "fields")).toBe("Title and Status travel both ways. Priority travels only from Desk to Lab.");
  });

  it("says what becomes of a twin whose original is gone", () => {
    expect(about(document(), "partings")).toBe("When an item is deleted, its twin stays as it is.");
    const deleting = document({ deletions: { on_left: "ignore", on_right: "delete" } });
    expect(say(deleting).find((sentence) => sentence.about === "partings")).toMatchObject({ grave: true });
    expect(about(deleting, "partings")).toContain("When an item of Desk is deleted, its twin in Lab is deleted if Lockstep made it");
  });

  it("says that a filter decides", () => {
    const filtered = document({ scope: { ...document().scope, left: { ...everything, every: [{ field: "p", operator: "is", values: ["1"] }] } } });
    expect(about(filtered, "items")).toContain("A filter decides which items of Desk belong");
  });

  it("says which new items stay where they are", () => {
    expect(about(document({ creates: "to_left" }), "items")).toContain("New items of Desk stay there.");
  });

  it("says that private items stay, and warns gravely where they do not", () => {
    const knows = { left: true, right: false };
    const of = (audience: Partial<Document["audience"]>) => {
      const given = document({ audience: { ...document().audience, ...audience } });
      return review(given, names, (one) => one.left, { left: true, right: true }, undefined, knows).find((sentence) => sentence.about === "private");
    };
    expect(of({})).toMatchObject({ text: expect.stringContaining("Private items of Desk stay there.") as string, grave: false });
    expect(of({ leaving: { on_left: "ignore", on_right: "note" } })?.text).toContain("its twin is told no more than that");
    expect(of({ left: "alike" })?.text).toBe("Private items of Desk get a twin in Lab that is private, too.");
    expect(of({ left: "open" })).toMatchObject({ text: expect.stringContaining("Everyone who sees Lab can READ them there.") as string, grave: true });
  });

  it("says what is found when, where an app tells no time of it", () => {
    const found = (given: Document, silent: { left: string; right: string }) =>
      review(given, names, (one) => one.left, { left: true, right: true }, undefined, undefined, silent).filter((sentence) => sentence.about === "pace").map((sentence) => sentence.text);
    expect(found(document(), { left: "", right: "" })).toHaveLength(1);
    expect(found(document(), { left: "edits of notes", right: "" })[1]).toBe(
      "Edits of notes in Desk move no time there: they are found within minutes in an item that changed in the last six hours, in any other when everything is compared.",
    );
  });

  it("warns gravely before private comments become public", () => {
    const published = document({ comments: { direction: "both", private: "publish", edits: true, deletions: false } });
    expect(say(published).find((sentence) => sentence.about === "private")).toMatchObject({ grave: true });
  });

  it("says where private comments stop because the app knows none", () => {
    expect(about(document(), "private", { left: true, right: false })).toContain("Lab knows no private comments");
  });

  it("says which links travel and what stays", () => {
    expect(about(document(), "links")).toBe("Parents do not travel. Links between items stay where they are.");
    const some = document({ links: { direction: "to_right", parents: "both", kinds: [{ left: "blocks", right: "needed by" }, { left: "see", right: "see" }] } });
    expect(about(some, "links")).toBe("Parents travel both ways: a parent's twin is made before its children's. Links travel only from Desk to Lab as soon as both of their items have twins: blocks as needed by and see. All others stay where they are.");
    const none = document({ links: { direction: "both", parents: null, kinds: [] } });
    expect(say(none).find((sentence) => sentence.about === "links")).toMatchObject({ grave: true });
  });

  it("tells sizes as the form does", () => {
    expect(about(document(), "files")).toContain("up to 50 MB");
  });

  it("say it when people are mentioned on the other side", () => {
    expect(about(document(), "comments")).not.toContain("mention");
    expect(about(document({ texts: { mentions: true } }), "comments")).toContain("mentions them on the other side");
  });
});
