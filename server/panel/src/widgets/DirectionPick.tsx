/** Which way something travels, as arrows between the left and the right side. */
import { SegmentedControl, Tooltip } from "@mantine/core";
import type { Direction } from "../api/types";
import { Icon, type IconName } from "./Icon";

const LOOKS: Record<Direction, { icon: IconName; label: string }> = {
  to_left: { icon: "left", label: "Only to the left" },
  both: { icon: "both", label: "Both ways" },
  to_right: { icon: "right", label: "Only to the right" },
};
const ORDER: Direction[] = ["to_left", "both", "to_right"];

interface Props {
  value: Direction;
  label: string;
  disabled?: boolean;
  onChange: (direction: Direction) => void;
}

export function DirectionPick({ value, label, disabled = false, onChange }: Props) {
  return (
    <SegmentedControl
      size="xs"
      aria-label={label}
      value={value}
      disabled={disabled}
      onChange={(chosen) => onChange(chosen)}
      data={ORDER.map((direction) => ({
        value: direction,
        label: (
          <Tooltip label={LOOKS[direction].label}>
            <span className="arrow" role="img" aria-label={LOOKS[direction].label}><Icon name={LOOKS[direction].icon} size={15} /></span>
          </Tooltip>
        ),
      }))}
    />
  );
}

/** The same as a picture, for reading. */
export function DirectionMark({ direction }: { direction: Direction }) {
  const { icon, label } = LOOKS[direction];
  return <Tooltip label={label}><span className="arrow" role="img" aria-label={label}><Icon name={icon} size={15} /></span></Tooltip>;
}
