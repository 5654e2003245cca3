/** The name of a side, with the dot by which the same side is known on every page. */
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Side } from "../api/types";

export function SideName({ side, children, fw = 500 }: { side: Side; children: ReactNode; fw?: number }) {
  return (
    <Text span inherit fw={fw} className="side-name">
      <span className={`side-dot side-${side}`} aria-hidden />
      {children}
    </Text>
  );
}
