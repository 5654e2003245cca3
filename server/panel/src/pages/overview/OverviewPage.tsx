/** What a person sees first: in step or not, each integration at a glance, and whether the apps answer. */
import { Button, SimpleGrid, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import { useOverview } from "../../api/queries";
import type { Overview } from "../../api/types";
import { Empty } from "../../widgets/Empty";
import { Loaded } from "../../widgets/Loaded";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { ConnectionHealth } from "./ConnectionHealth";
import { IntegrationGlance } from "./IntegrationGlance";
import { SyncThread } from "./SyncThread";

export function OverviewPage() {
  const overview = useOverview();
  return (
    <Page title="Overview">
      <Loaded read={overview}>{(value) => <Glance overview={value} />}</Loaded>
    </Page>
  );
}

function Glance({ overview }: { overview: Overview }) {
  return (
    <Stack gap="lg">
      <SyncThread overview={overview} />
      <Panel title="Integrations" flush actions={<Text size="xs"><Link to="/integrations" className="row-link">All integrations</Link></Text>}>
        {overview.integrations.length === 0
          ? <FirstSteps connections={overview.counts.connections} />
          : overview.integrations.map((integration) => <IntegrationGlance key={integration.id} integration={integration} />)}
      </Panel>
      {overview.connections.length > 0 && (
        <Panel title="Connections" actions={<Text size="xs"><Link to="/connections" className="row-link">All connections</Link></Text>}>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
            {overview.connections.map((connection) => <ConnectionHealth key={connection.id} connection={connection} />)}
          </SimpleGrid>
        </Panel>
      )}
    </Stack>
  );
}

function FirstSteps({ connections }: { connections: number }) {
  return connections < 2 ? (
    <Empty
      icon="connection"
      title={connections === 0 ? "Start by connecting two apps" : "One more connection to go"}
      action={<Button component={Link} to="/connections/new">Add a connection</Button>}
    >
      A connection is an address and an account. With two of them you can keep their items in step.
    </Empty>
  ) : (
    <Empty icon="integration" title="Both ends are there" action={<Button component={Link} to="/integrations/new">New integration</Button>}>
      Now say which items travel between them, and which fields. Lockstep suggests most of it.
    </Empty>
  );
}
