/** Every run of late. */
import { useRuns } from "../../api/queries";
import { Empty } from "../../widgets/Empty";
import { IntegrationPick } from "../../widgets/IntegrationPick";
import { Loaded } from "../../widgets/Loaded";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { useFilter } from "../../widgets/useFilter";
import { RunTable } from "./RunTable";

export function RunList() {
  const [integration, setIntegration] = useFilter("integration");
  const runs = useRuns(integration, 100);
  return (
    <Page title="Runs" lead="Each run looks at what changed on both sides and carries it over." actions={<IntegrationPick value={integration} onChange={setIntegration} />}>
      <Panel flush>
        <Loaded read={runs}>
          {(list) => list.length === 0
            ? <Empty icon="run" title="No run yet">The first one comes when an integration is started.</Empty>
            : <RunTable runs={list} />}
        </Loaded>
      </Panel>
    </Page>
  );
}
