/** The outcome of a test: who we are there, or the exact reason why not. */
import { List } from "@mantine/core";
import type { Verdict } from "../../api/types";
import { Note } from "../../widgets/Note";

export function VerdictNote({ verdict }: { verdict: Verdict }) {
  if (!verdict.ok) return <Note tone="problem" title="The test did not succeed">{verdict.problem}</Note>;
  return (
    <>
      <Note tone="good" title="It works">{verdict.app} answers, and knows us as {verdict.account}.</Note>
      {verdict.warnings.length > 0 && (
        <Note tone="warning" title="What works less well than it could">
          <List size="sm">{verdict.warnings.map((warning) => <List.Item key={warning}>{warning}</List.Item>)}</List>
        </Note>
      )}
    </>
  );
}
