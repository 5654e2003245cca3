/** All pairs of an integration, brought in step after its mapping was changed. */
import { Stack } from "@mantine/core";
import { useState } from "react";
import { useParams, useSearchParams } from "react-router";
import { useConnections, useIntegration, useRuns } from "../../../api/queries";
import type { Integration, Run } from "../../../api/types";
import { Loaded } from "../../../widgets/Loaded";
import { Note } from "../../../widgets/Note";
import { Page } from "../../../widgets/Page";
import { namesOf } from "../names";
import { Realign } from "./Realign";
import { winsOf } from "./wins";

export function RealignPage() {
  const { id = "" } = useParams();
  const integration = useIntegration(id);
  const runs = useRuns(id, 100);
  return (
    <Page title="Bring all pairs in step" above={{ to: `/integrations/${id}`, label: integration.data?.name ?? "Integration" }}>
      <Loaded read={integration}>{(value) => <Loaded read={runs}>{(list) => <Parts integration={value} runs={list} />}</Loaded>}</Loaded>
    </Page>
  );
}

function Parts({ integration, runs }: { integration: Integration; runs: readonly Run[] }) {
  const [asked] = useSearchParams();
  const [wins, setWins] = useState(() => winsOf(asked.get("wins")));
  const names = namesOf(integration.document, useConnections().data);
  return (
    <Stack gap="lg">
      {asked.has("wins") && <Note tone="good">Saved. Pairs that exist already stay as they are until they change, or until you bring them in step here.</Note>}
      <Realign integration={integration} runs={runs} names={names} wins={wins} title="After a change of the mapping" onWins={setWins}>
        Fields that were added to the mapping, or whose values now go together in another way, were never in step. A change that
        somebody makes from now on travels as ever. To have the pairs that exist already agree, choose whose value counts, look at
        what that would change, then do it.
      </Realign>
    </Stack>
  );
}
