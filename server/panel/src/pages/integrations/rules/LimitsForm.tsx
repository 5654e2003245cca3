/** How much a run may do before a person has to look, and how often everything is compared anew. */
import { NumberInput, SimpleGrid } from "@mantine/core";
import type { Document } from "../../../api/types";

interface Props {
  document: Document;
  onChange: (document: Document) => void;
}

export function LimitsForm({ document, onChange }: Props) {
  const { guard, breaker } = document;
  const whole = { allowDecimal: false, clampBehavior: "blur" } as const;
  const set = (change: (value: number) => Document) => (value: number | string) => typeof value === "number" && onChange(change(value));
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      <NumberInput
        {...whole} label="A run may overwrite" description="Of all pairs. Beyond that it stops until somebody has looked." suffix=" %" min={0} max={100} value={guard.rewrites}
        onChange={set((rewrites) => ({ ...document, guard: { ...guard, rewrites } }))}
      />
      <NumberInput
        {...whole} label="A run may end" description="Of all pairs, because items were deleted or left the scope." suffix=" %" min={0} max={100} value={guard.partings}
        onChange={set((partings) => ({ ...document, guard: { ...guard, partings } }))}
      />
      <NumberInput
        {...whole} label="And always" description="So that a small integration is not stopped by a few." suffix=" pairs" min={0} max={100000} value={guard.least}
        onChange={set((least) => ({ ...document, guard: { ...guard, least } }))}
      />
      <NumberInput
        {...whole} label="A pair may be written" description="Within an hour. Beyond that it counts as a loop and waits." suffix=" times" min={5} max={10000} value={breaker.writes}
        onChange={set((writes) => ({ ...document, breaker: { ...breaker, writes } }))}
      />
      <NumberInput
        {...whole} label="Compare everything every" description="Finds deletions and what times of change do not tell. 0: never." suffix=" h" min={0} max={720} value={document.scan_hours}
        onChange={set((scan_hours) => ({ ...document, scan_hours }))}
      />
    </SimpleGrid>
  );
}
