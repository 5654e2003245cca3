/** An item's key; opens the item in its own app, in a new tab. */
import { Anchor, Text } from "@mantine/core";
import { Icon } from "./Icon";

export function AppLink({ url, children }: { url: string; children: string }) {
  if (!/^https?:\/\//.test(url)) return <Text span ff="monospace">{children}</Text>;
  return (
    <Anchor href={url} target="_blank" rel="noreferrer noopener" className="app-link">
      {children} <Icon name="external" size={12} />
    </Anchor>
  );
}
