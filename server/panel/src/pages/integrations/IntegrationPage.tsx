/** One integration: how it stands, its runs, and its rules in plain words. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { Link, useParams } from "react-router";
import { useDriveIntegration } from "../../api/changes";
import { useMayChange } from "../../api/may";
import { useConnections, useConnectors, useIntegration, useOverview, useRuns } from "../../api/queries";
import type { Integration } from "../../api/types";
import { Empty } from "../../widgets/Empty";
import { Loaded } from "../../widgets/Loaded";
import { Note, Problem } from "../../widgets/Note";
import { useNow } from "../../widgets/now";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { RunProgress } from "../../widgets/RunProgress";
import { SideName } from "../../widgets/SideName";
import { State } from "../../widgets/State";
import { When } from "../../widgets/When";
import { RunTable } from "../runs/RunTable";
import { Driving } from "./Driving";
import { MappingView } from "./MappingView";
import { Review } from "./Review";
import { oneWay } from "./migration";
import { namesOf } from "./names";
import { stateOf } from "./stateOf";

/** A run that was stopped for a person goes on only when that person says so. */
function Release({ integration }: { integration: Integration }) {
  const drive = useDriveIntegration();
  if (!useMayChange()) return null;
  return (
    <Group gap="sm">
      <Button size="xs" variant="default" loading={drive.isPending} onClick={() => drive.mutate({ id: integration.id, verb: "release" })}>I have looked: let it go on</Button>
      <Problem error={drive.error} />
    </Group>
  );
}

export function IntegrationPage() {
  const { id = "" } = useParams();
  const integration = useIntegration(id);
  const drive = useDriveIntegration();
  const may = useMayChange();
  return (
    <Page
      title={integration.data?.name ?? "Integration"}
      above={{ to: "/integrations", label: "Integrations" }}
      actions={integration.data && may && <Driving integration={integration.data} drive={drive} />}
    >
      <Problem error={drive.error} />
      <Loaded read={integration}>{(value) => <Parts integration={value} />}</Loaded>
    </Page>
  );
}

/** A time that is past means that its turn has come and the thread is about to take it. */
function NextLook({ at }: { at: string }) {
  const now = useNow();
  return <Text c="dimmed" component="div">next look {Date.parse(at) > now ? <When time={at} /> : "now"}</Text>;
}

function Parts({ integration }: { integration: Integration }) {
  const { id, document } = integration;
  const runs = useRuns(id, 10);
  const overview = useOverview();
  const names = namesOf(document, useConnections().data, useConnectors().data);
  const summary = overview.data?.integrations.find((other) => other.id === id);
  const current = runs.data?.[0];
  return (
    <Stack gap="lg">
      <Panel>
        <Stack gap="sm">
          <Group gap="lg" style={{ rowGap: 6 }}>
            <State of={stateOf(integration)} />
            <SideName side="left">{names.left}</SideName>
            <SideName side="right">{names.right}</SideName>
            {summary && (
              <Text>
                <Link to={`/items?integration=${id}`} className="row-link number">{summary.pairs.toLocaleString("en")} pairs</Link>
                {summary.holds > 0 && <>, <Link to={`/holds?integration=${id}`} className="row-link">{summary.holds} held back</Link></>}
              </Text>
            )}
            {integration.state === "running" && integration.due_at !== null && <NextLook at={integration.due_at} />}
          </Group>
          {integration.problem !== "" && <Note tone="problem">{integration.problem}</Note>}
          {integration.shared !== "" && <Note tone="advice">{integration.shared}</Note>}
          {integration.appeared !== "" && <Note tone="advice" title="There is more that could travel">{integration.appeared}</Note>}
          {integration.outcome !== "" && <Note tone="good">{integration.outcome}</Note>}
          {integration.state === "paused" && integration.problem !== "" && <Release integration={integration} />}
          {integration.state === "draft" && <Note tone="advice">
            Nothing has been written yet. Read the rules below, then start it. Are some of its items on both sides
            already? Then <Link to={`/integrations/${id}/match`} className="row-link">join them</Link> first, so that they get no second twin.
          </Note>}
          {current?.state === "running" && <RunProgress run={current} />}
        </Stack>
      </Panel>
      <Panel title="Runs" flush actions={<Text size="xs"><Link to={`/runs?integration=${id}`} className="row-link">All runs</Link></Text>}>
        <Loaded read={runs}>
          {(list) => list.length === 0
            ? <Empty icon="run" title="No run yet">A run looks at what changed on both sides and carries it over. Start the integration to have the first.</Empty>
            : <RunTable runs={list} single />}
        </Loaded>
      </Panel>
      <Panel title="What it does"><Review document={document} /></Panel>
      <Panel title="Types and fields" flush><MappingView document={oneWay(document)} names={names} /></Panel>
    </Stack>
  );
}
