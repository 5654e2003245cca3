/** Whether one app answers: who we are there, or what is wrong. */
import { Group, Text } from "@mantine/core";
import { Link } from "react-router";
import type { Connection } from "../../api/types";
import { Resting } from "../../widgets/Resting";
import { State } from "../../widgets/State";
import { When } from "../../widgets/When";

export function ConnectionHealth({ connection }: { connection: Connection }) {
  return (
    <div className="tile">
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Link to={`/connections/${connection.id}`} className="row-link wrap">{connection.name}</Link>
        <State of={connection.problem === "" ? connection.state : "problem"} />
      </Group>
      {connection.problem === "" ? (
        <Text size="xs" c="dimmed" className="wrap" component="div">
          {connection.app || connection.kind}
          {connection.account !== "" && ` as ${connection.account}`}, checked <When time={connection.checked_at} />
        </Text>
      ) : (
        <Text size="xs" c="red" className="wrap" mt={2}>{connection.problem}</Text>
      )}
      <Resting connection={connection} />
    </div>
  );
}
