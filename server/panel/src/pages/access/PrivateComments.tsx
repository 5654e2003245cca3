/** Whether what private comments say is kept sealed only; an administrator decides. */
import { Switch, Text } from "@mantine/core";
import { useSavePrivacy } from "../../api/changes";
import { usePrivacy } from "../../api/queries";
import { Loaded } from "../../widgets/Loaded";
import { Problem } from "../../widgets/Note";
import { Panel } from "../../widgets/Panel";

export function PrivateComments() {
  const privacy = usePrivacy();
  const save = useSavePrivacy();
  return (
    <Panel title="Private comments">
      <Loaded read={privacy}>
        {({ sealed, through }) => (
          <>
            <Switch
              label="Keep what private comments say sealed" checked={sealed} disabled={save.isPending}
              description="Their text is then encrypted in the database; names of their files are not."
              onChange={(event) => save.mutate({ sealed: event.currentTarget.checked })}
            />
            {!through && <Text size="xs" c="dimmed">What was kept before is still being changed.</Text>}
          </>
        )}
      </Loaded>
      <Problem error={save.error} />
    </Panel>
  );
}
