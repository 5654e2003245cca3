import { describe, expect, it } from "vitest";
import type { AppUser } from "../../api/types";
import { likely, matched, matches } from "./table";

const user = (id: string, name: string, email = ""): AppUser => ({ id, name, login: "", email, zone: "", active: true });
const ann = user("1", "Ann", "ann@example.org");
const bob = user("2", "Bob");

describe("the table of who is who", () => {
  it("gives a person of the left the twin that was chosen", () => {
    const table = matched([], "L", ann, "R", "77");
    expect(matches(table, "L", [ann, bob], "R")).toEqual([{ user: ann, twin: "77" }, { user: bob, twin: "" }]);
  });

  it("forgets a match and leaves nothing behind", () => {
    expect(matched(matched([], "L", ann, "R", "77"), "L", ann, "R", "")).toEqual([]);
  });

  it("takes a twin away from whom it belonged to before", () => {
    const table = matched(matched([], "L", ann, "R", "77"), "L", bob, "R", "77");
    expect(matches(table, "L", [ann, bob], "R").map((match) => match.twin)).toEqual(["", "77"]);
  });

  it("keeps what other connections know of the same person", () => {
    const known = matched([], "L", ann, "X", "9");
    const table = matched(known, "L", ann, "R", "77");
    expect(matches(table, "L", [ann], "X")[0]?.twin).toBe("9");
  });

  it("guesses by e-mail before name", () => {
    const there = [user("8", "Ann"), user("9", "A. Smith", "ANN@example.org")];
    expect(likely(ann, there)?.id).toBe("9");
  });
});
