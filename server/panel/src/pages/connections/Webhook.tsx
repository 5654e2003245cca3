/** The address that a connection's app may call when something changed; shown once when it is made, never again. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useMakeWebhook, useRemoveWebhook } from "../../api/changes";
import { useWebhook } from "../../api/queries";
import type { Webhook as Told } from "../../api/types";
import { Confirm } from "../../widgets/Confirm";
import { Icon } from "../../widgets/Icon";
import { Loaded } from "../../widgets/Loaded";
import { Note, Problem } from "../../widgets/Note";
import { OnceShown } from "../../widgets/OnceShown";
import { Panel } from "../../widgets/Panel";
import { When } from "../../widgets/When";

type Asking = "renew" | "remove" | null;

export function Webhook({ connection }: { connection: string }) {
  const webhook = useWebhook(connection);
  const make = useMakeWebhook();
  const removal = useRemoveWebhook();
  const [asking, setAsking] = useState<Asking>(null);
  const close = () => { setAsking(null); make.reset(); removal.reset(); };
  const done = () => setAsking(null);
  const change = asking === "remove" ? removal : make;
  return (
    <Panel title="Webhook" hint="so that a change is carried over at once">
      <Stack gap="sm">
        <div aria-live="polite">
          {make.data && <OnceShown what="The webhook’s address" secret={make.data.url} onDone={() => make.reset()} />}
        </div>
        <Loaded read={webhook} lines={2}>
          {(told) => told.active ? <Active told={told} onRenew={() => setAsking("renew")} onRemove={() => setAsking("remove")} /> : (
            <>
              <Text>The app is asked at every look, and nothing is lost by that. With a webhook it can say itself that something changed.</Text>
              {asking === null && <Problem error={make.error} />}
              <Group><Button variant="default" size="xs" leftSection={<Icon name="plus" />} loading={make.isPending} onClick={() => make.mutate(connection)}>Make an address</Button></Group>
            </>
          )}
        </Loaded>
      </Stack>
      <Confirm
        opened={asking !== null} busy={change.isPending} error={change.error} onClose={close}
        title={asking === "remove" ? "Take the webhook’s address away?" : "Make a new address?"}
        verb={asking === "remove" ? "Take it away" : "Make a new address"}
        onConfirm={() => (asking === "remove" ? removal.mutate(connection, { onSuccess: () => { make.reset(); done(); } }) : make.mutate(connection, { onSuccess: done }))}
      >
        The present address ends at once: what the app sends to it is refused. Nothing is lost, for changes are still found at every look.
        {asking === "renew" && " Enter the new address in the app afterwards."}
      </Confirm>
    </Panel>
  );
}

function Active({ told, onRenew, onRemove }: { told: Told; onRenew: () => void; onRemove: () => void }) {
  return (
    <>
      <Text component="div">
        {told.heard_at === null ? "There is an address, and the app has not called it yet." : <>The app has called {told.received === 1 ? "once" : `${String(told.received)} times`}, the last time <When time={told.heard_at} />.</>}
        {told.waiting > 0 && ` ${told.waiting === 1 ? "One item that it named waits" : `${String(told.waiting)} items that it named wait`} to be looked at.`}
        {told.created_at !== null && <Text span c="dimmed"> Made <When time={told.created_at} />.</Text>}
      </Text>
      {told.dropped > 0 && <Note tone="warning">So much was told at once that calls about {told.dropped} items were let go; everything new was read instead, so nothing is lost.</Note>}
      <Group gap="xs">
        <Button variant="default" size="xs" onClick={onRenew}>Make a new address</Button>
        <Button variant="default" size="xs" leftSection={<Icon name="trash" />} onClick={onRemove}>Take it away</Button>
      </Group>
    </>
  );
}
