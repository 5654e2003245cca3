/** Who is who: matches the users of an integration's two connections, so that assignees travel. */
import { Select, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import { useIntegrations, usePeople } from "../../api/queries";
import { Empty } from "../../widgets/Empty";
import { Loaded } from "../../widgets/Loaded";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { useFilter } from "../../widgets/useFilter";
import { PeopleTable } from "./PeopleTable";

export function PeoplePage() {
  const integrations = useIntegrations();
  const people = usePeople();
  const [chosen, setChosen] = useFilter("integration");
  return (
    <Page title="People" lead="Say who is who in the two apps. Assignees and other people then travel as the right person.">
      <Loaded read={integrations}>
        {(list) => {
          const integration = list.find((one) => one.id === chosen) ?? list[0];
          if (!integration) {
            return (
              <Panel>
                <Empty icon="people" title="Nobody to match yet" action={<Link to="/integrations/new">New integration</Link>}>
                  People are matched between the two ends of an integration. Make one first.
                </Empty>
              </Panel>
            );
          }
          return (
            <Stack gap="md">
              {list.length > 1 && (
                <Select label="Integration" maw={320} data={list.map((one) => ({ value: one.id, label: one.name }))} value={integration.id} onChange={(id) => setChosen(id ?? "")} />
              )}
              <Loaded read={people}>
                {(table) => <PeopleTable key={`${integration.id}${JSON.stringify(table)}`} integration={integration} saved={table} />}
              </Loaded>
              <Text size="xs" c="dimmed">Someone without a match stays as they are on the other side; the item’s history says so.</Text>
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
}
