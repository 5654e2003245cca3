/** Step four: the rules, a name, and everything once more in plain words. */
import { Stack, Text, TextInput } from "@mantine/core";
import { problemOf } from "../../../api/problem";
import { useConnections } from "../../../api/queries";
import type { Document } from "../../../api/types";
import { Problem } from "../../../widgets/Note";
import { Panel } from "../../../widgets/Panel";
import type { Names } from "../names";
import { Review } from "../Review";
import { AudienceForm } from "../rules/AudienceForm";
import { ViewersForm } from "../rules/ViewersForm";
import { LimitsForm } from "../rules/LimitsForm";
import { MigrationForm } from "../rules/MigrationForm";
import { PartingForm } from "../rules/PartingForm";
import { ScheduleForm } from "../rules/ScheduleForm";
import { endsOf, sayTimes } from "../rules/timetable";
import { ScopeForm } from "../rules/ScopeForm";
import { RulesForm } from "../RulesForm";

interface Props {
  document: Document;
  names: Names;
  name: string;
  error: unknown;
  onName: (name: string) => void;
  onChange: (document: Document) => void;
}

export function RulesStep({ document, names, name, error, onName, onChange }: Props) {
  const ends = endsOf(document, useConnections().data);
  const aboutName = problemOf(error, "name");
  return (
    <Stack gap="lg">
      <Panel title="Rules">
        <Stack gap="md">
          <TextInput label="Name of the integration" required maxLength={100} value={name} error={aboutName} onChange={(event) => onName(event.currentTarget.value)} />
          <MigrationForm document={document} names={names} onChange={onChange} />
          <RulesForm document={document} names={names} onChange={onChange} />
        </Stack>
      </Panel>
      <Panel title="When">
        <Stack gap="md">
          <ScheduleForm of="integration" schedule={document.schedule} error={error} onChange={(schedule) => onChange({ ...document, schedule })} />
          {ends && <Text aria-live="polite" className="wrap">{sayTimes(document.schedule, ends)}</Text>}
        </Stack>
      </Panel>
      <Panel title="Which items" hint="all, unless a rule leaves some out"><ScopeForm document={document} names={names} onChange={onChange} /></Panel>
      <Panel title="Private items" hint="they stay, unless you say otherwise"><AudienceForm document={document} names={names} onChange={onChange} /></Panel>
      <Panel title="People who may only look" hint="they read what Lockstep has stored"><ViewersForm document={document} names={names} onChange={onChange} /></Panel>
      <Panel title="When an item goes"><PartingForm document={document} names={names} onChange={onChange} /></Panel>
      <Panel title="Limits"><LimitsForm document={document} onChange={onChange} /></Panel>
      <Panel title="In plain words"><Review document={document} /></Panel>
      {aboutName === undefined && <Problem error={error} />}
    </Stack>
  );
}
