/** A one-off move of everything one way: which rules still count then. Pure; the server narrows a document by the same rule. */
import type { Direction, Document, PartingRules } from "../../api/types";

/** The document as it counts: in a migration nothing is written to the side that everything leaves. */
export function oneWay(document: Document): Document {
  const way = document.migration;
  if (way === null) return document;
  const only = (direction: Direction | null): Direction | null => (direction === "both" || direction === way ? way : null);
  const parting = (rules: PartingRules): PartingRules => ({ ...rules, [way === "to_right" ? "on_left" : "on_right"]: "ignore" });
  const { comments, attachments, links, deletions, scope } = document;
  return {
    ...document,
    creates: way,
    types: document.types.map((type) => ({ ...type, fields: type.fields.filter((field) => only(field.direction) !== null).map((field) => ({ ...field, direction: way })) })),
    comments: { ...comments, direction: only(comments.direction) },
    attachments: { ...attachments, direction: only(attachments.direction) },
    links: { ...links, direction: only(links.direction), parents: only(links.parents) },
    deletions: parting(deletions),
    scope: { ...scope, leaving: parting(scope.leaving) },
  };
}

/** What a migration does and keeps, for people; `dates`: whether the app that everything goes to can be told when an item was made (null: some installations of it can). */
export function sayMigration(from: string, to: string, dates: boolean | null): string {
  const told = `a comment on each says who made it and when`;
  const age =
    dates === null ? `Whether they are as old as their originals there depends on the installation of ${to}; ${told}.`
    : dates ? `There they are as old as their originals, and a comment says who made each and when.`
    : `${to} cannot be told when an item was made, so ${told}.`;
  return `Everything of ${from} moves to ${to} once, and nothing is ever written to ${from}. ${age} When all has come through it ends by itself with a summary.`;
}
