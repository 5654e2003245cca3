/** After a live run was ended by hand: its integration rests, and this is how it goes on. */
import { Button, Group } from "@mantine/core";
import { useDriveIntegration } from "../../api/changes";
import { useMayChange } from "../../api/may";
import { useIntegration } from "../../api/queries";
import type { Run } from "../../api/types";
import { Icon } from "../../widgets/Icon";
import { Note, Problem } from "../../widgets/Note";

export function Rests({ run }: { run: Run }) {
  const integration = useIntegration(run.integration);
  const drive = useDriveIntegration();
  const may = useMayChange();
  if (integration.data?.state !== "paused") return null;
  return (
    <Note tone="advice">
      <Group justify="space-between" gap="sm">
        <span>This run was ended by hand, so {run.integration_name} rests: nothing travels until it goes on.</span>
        {may && (
          <Button
            leftSection={<Icon name="play" />}
            loading={drive.isPending}
            onClick={() => drive.mutate({ id: run.integration, verb: "start" })}
          >
            Go on
          </Button>
        )}
      </Group>
      <Problem error={drive.error} />
    </Note>
  );
}
