/** The indicator in the header: in step or not, why, and how long ago that was looked at. */
import { Group, Text, Tooltip, UnstyledButton } from "@mantine/core";
import { Link } from "react-router";
import { useOverview } from "../api/queries";
import { sentence } from "../api/problem";
import { StepMark } from "../widgets/StepMark";
import { useNow } from "../widgets/now";
import { When } from "../widgets/When";
import { type Standing, standing } from "./standing";

export function InStep() {
  const overview = useOverview();
  const clock = useNow();
  const lost: Standing | null = overview.isError
    ? { pace: "off", word: "No answer", why: sentence(overview.error) }
    : null;
  const now = lost ?? (overview.data ? standing(overview.data, clock) : null);
  if (now === null) return null;
  return (
    <Tooltip label={now.why} maw={360} multiline>
      <UnstyledButton component={Link} to="/" className="in-step" aria-label={`${now.word}: ${now.why}`}>
        <Group gap={8} wrap="nowrap" role="status">
          <StepMark pace={now.pace} />
          <Text fw={600}>{now.word}</Text>
          {overview.data && !lost && (
            <Text size="xs" c="dimmed" visibleFrom="sm" component="div">
              checked <When time={overview.data.sync.last_pass_at} />
            </Text>
          )}
        </Group>
      </UnstyledButton>
    </Tooltip>
  );
}
