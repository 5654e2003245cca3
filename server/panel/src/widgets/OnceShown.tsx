/** A secret that is shown this once, with a way to copy it. */
import { Button, Code, CopyButton, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "./Icon";
import { Note } from "./Note";

export function OnceShown({ what, secret, onDone, children }: { what: string; secret: string; onDone: () => void; children?: ReactNode }) {
  return (
    <Note tone="good" title={`${what} is shown only now`}>
      <Stack gap="xs">
        {children !== undefined && <Text>{children}</Text>}
        <Text>Copy it to where it is needed; it cannot be shown again.</Text>
        <Code block>{secret}</Code>
        <Group gap="xs">
          <CopyButton value={secret}>
            {({ copied, copy }) => <Button size="xs" leftSection={<Icon name={copied ? "check" : "copy"} />} onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}
          </CopyButton>
          <Button size="xs" variant="default" onClick={onDone}>I have it</Button>
        </Group>
      </Stack>
    </Note>
  );
}
