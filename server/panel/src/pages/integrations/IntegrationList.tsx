/** Every integration, with how it stands. */
import { Button } from "@mantine/core";
import { Link } from "react-router";
import { useMayChange } from "../../api/may";
import { useOverview } from "../../api/queries";
import { Empty } from "../../widgets/Empty";
import { Icon } from "../../widgets/Icon";
import { Loaded } from "../../widgets/Loaded";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { IntegrationGlance } from "../overview/IntegrationGlance";

export function IntegrationList() {
  const overview = useOverview();
  const may = useMayChange();
  const add = may && <Button component={Link} to="/integrations/new" leftSection={<Icon name="plus" />}>New integration</Button>;
  return (
    <Page title="Integrations" lead="Each keeps the items of two connections in step." actions={add}>
      <Panel flush>
        <Loaded read={overview}>
          {({ integrations, counts }) => integrations.length === 0 ? (
            <Empty
              icon="integration"
              title="No integration yet"
              action={counts.connections < 2 ? <Button component={Link} to="/connections/new">Add a connection</Button> : add}
            >
              {counts.connections < 2
                ? "An integration needs two connections. Add them first."
                : "Choose two connections, and Lockstep suggests how their items, fields and values go together."}
            </Empty>
          ) : integrations.map((integration) => <IntegrationGlance key={integration.id} integration={integration} />)}
        </Loaded>
      </Panel>
    </Page>
  );
}
