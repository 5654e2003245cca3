/** Narrows a list to one integration; the choice is kept in the address. */
import { Select } from "@mantine/core";
import { useIntegrations } from "../api/queries";

export function IntegrationPick({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const integrations = useIntegrations().data ?? [];
  if (integrations.length < 2 && value === "") return null;
  return (
    <Select
      aria-label="Integration"
      w={220}
      data={[{ value: "", label: "All integrations" }, ...integrations.map((one) => ({ value: one.id, label: one.name }))]}
      value={value}
      onChange={(chosen) => onChange(chosen ?? "")}
    />
  );
}
