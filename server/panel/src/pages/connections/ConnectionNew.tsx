/** Adding a connection: which app, then its settings. */
import { Alert, SimpleGrid, Stack, Text, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useConnectors } from "../../api/queries";
import { Loaded } from "../../widgets/Loaded";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { ConnectionForm } from "./ConnectionForm";

export function ConnectionNew() {
  const connectors = useConnectors();
  const [kind, setKind] = useState("");
  const go = useNavigate();
  return (
    <Page title="Add a connection" above={{ to: "/connections", label: "Connections" }}>
      <Loaded read={connectors}>
        {(list) => {
          const chosen = list.find((connector) => connector.kind === kind);
          return (
            <Stack gap="lg">
              <Panel title="Which app?">
                {list.length === 0 && <Alert color="orange">This server has no connectors.</Alert>}
                <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm" role="group" aria-label="App">
                  {list.map((connector) => (
                    <UnstyledButton
                      key={connector.kind}
                      aria-pressed={connector.kind === kind}
                      className="choice"
                      onClick={() => setKind(connector.kind)}
                    >
                      <Text fw={600}>{connector.title}</Text>
                      <Text size="xs" c="dimmed">{abilities(connector.capabilities)}</Text>
                    </UnstyledButton>
                  ))}
                </SimpleGrid>
              </Panel>
              {chosen && (
                <Panel title={`Your ${chosen.title}`}>
                  <ConnectionForm key={chosen.kind} connector={chosen} connection={null} onSaved={(connection, verdict) => void go(verdict.ok ? "/connections" : `/connections/${connection.id}`)} />
                </Panel>
              )}
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
}

function abilities(can: { private_comments: boolean; attachments: boolean; edits_comments: boolean; links: boolean }): string {
  const said = ["Comments", can.private_comments && "private comments", can.attachments && "files", can.links && "links"];
  return said.filter((word) => word !== false).join(", ");
}
