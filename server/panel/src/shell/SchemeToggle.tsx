/** Light, dark, or as the system says. */
import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";
import { Icon, type IconName } from "../widgets/Icon";

const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;
const LOOKS: Record<keyof typeof NEXT, { icon: IconName; label: string }> = {
  auto: { icon: "screen", label: "Colours: as the system" },
  light: { icon: "sun", label: "Colours: light" },
  dark: { icon: "moon", label: "Colours: dark" },
};

export function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { icon, label } = LOOKS[colorScheme];
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} onClick={() => setColorScheme(NEXT[colorScheme])}>
        <Icon name={icon} size={18} />
      </ActionIcon>
    </Tooltip>
  );
}
