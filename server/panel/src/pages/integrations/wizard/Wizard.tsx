/** A new integration in four steps: ends, containers, fields, rules. Nothing is saved before the last. */
import { Button, Group, Stack, Stepper } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { Link, useNavigate } from "react-router";
import { useDriveIntegration, useSaveIntegration, useSuggest } from "../../../api/changes";
import { useConnections } from "../../../api/queries";
import type { Document, SideSettings } from "../../../api/types";
import { Empty } from "../../../widgets/Empty";
import { Loaded } from "../../../widgets/Loaded";
import { Note, Problem } from "../../../widgets/Note";
import { Page } from "../../../widgets/Page";
import { Panel } from "../../../widgets/Panel";
import { lacks } from "../mapping/check";
import { MappingEditor } from "../mapping/MappingEditor";
import { namesOf } from "../names";
import { ContainersStep } from "./ContainersStep";
import { EndsStep } from "./EndsStep";
import { RulesStep } from "./RulesStep";

const NOWHERE: SideSettings = { connection: "", container: "" };

export function Wizard() {
  const connections = useConnections();
  return (
    <Page title="New integration" above={{ to: "/integrations", label: "Integrations" }}>
      <Loaded read={connections}>
        {(list) => list.length < 2 ? (
          <Panel>
            <Empty icon="connection" title="An integration needs two connections" action={<Button component={Link} to="/connections/new">Add a connection</Button>}>
              {list.length === 0 ? "There is none yet." : `There is one, ${list[0]?.name ?? ""}. Add the other end.`}
            </Empty>
          </Panel>
        ) : <Steps />}
      </Loaded>
    </Page>
  );
}

function Steps() {
  const [step, setStep] = useState(0);
  const [left, setLeft] = useState(NOWHERE);
  const [right, setRight] = useState(NOWHERE);
  const [document, setDocument] = useState<Document | null>(null);
  const [name, setName] = useState<string | null>(null);
  const connections = useConnections();
  const suggest = useSuggest();
  const save = useSaveIntegration(null);
  const drive = useDriveIntegration();
  const go = useNavigate();
  const small = useMediaQuery("(max-width: 700px)");
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [step]);
  const names = namesOf({ left, right }, connections.data);
  const called = name ?? `${names.left} and ${names.right}`;

  const propose = () => {
    const known = document?.left.connection === left.connection && document.left.container === left.container
      && document.right.connection === right.connection && document.right.container === right.container;
    if (known) setStep(2);
    else suggest.mutate({ left, right }, { onSuccess: (suggestion) => { setDocument(suggestion.document); setStep(2); } });
  };
  const finish = (start: boolean) => {
    if (!document) return;
    save.mutate({ name: called.trim(), document }, {
      onSuccess: (made) => {
        const leave = () => void go(`/integrations/${made.id}`);
        if (start) drive.mutate({ id: made.id, verb: "start" }, { onSettled: leave });
        else leave();
      },
    });
  };
  const same = left.connection === right.connection && left.container === right.container && left.container !== "";
  const missing = document ? lacks(document) : "";
  const ready = [
    left.connection !== "" && right.connection !== "",
    left.container !== "" && right.container !== "" && !same,
    document !== null && missing === "",
    called.trim() !== "" && missing === "",
  ][step];

  return (
    <Stack gap="lg">
      <Stepper active={step} onStepClick={(to) => to < step && setStep(to)} size={small ? "xs" : "sm"} iconSize={28} className="steps">
        <Stepper.Step label={small ? undefined : "Connections"} aria-label="Connections" />
        <Stepper.Step label={small ? undefined : "Containers"} aria-label="Containers" />
        <Stepper.Step label={small ? undefined : "Types and fields"} aria-label="Types and fields" />
        <Stepper.Step label={small ? undefined : "Rules and review"} aria-label="Rules and review" />
      </Stepper>
      {step === 0 && <EndsStep left={left} right={right} onLeft={setLeft} onRight={setRight} />}
      {step === 1 && <ContainersStep left={left} right={right} names={names} onLeft={setLeft} onRight={setRight} />}
      {step === 1 && same && <Note tone="warning">Both sides are the same container. Choose two different ones.</Note>}
      {step === 2 && document && (
        <>
          {suggest.data && suggest.data.notes.length > 0 && (
            <Note tone="advice" title="This is a suggestion. Worth a look:">
              <ul className="plain-list">{suggest.data.notes.map((note) => <li key={note}>{note}</li>)}</ul>
            </Note>
          )}
          <MappingEditor document={document} names={names} onChange={setDocument} />
        </>
      )}
      {step === 3 && document && <RulesStep document={document} names={names} name={called} error={save.error} onName={setName} onChange={setDocument} />}
      {step >= 2 && missing !== "" && <Note tone="warning">{missing}</Note>}
      <Problem error={step === 1 ? suggest.error : step === 3 ? drive.error : null} />
      <Group justify="space-between">
        {step === 0 ? <Button variant="default" component={Link} to="/integrations">Cancel</Button> : <Button variant="default" onClick={() => setStep(step - 1)}>Back</Button>}
        {step < 3 ? (
          <Button disabled={!ready} loading={suggest.isPending} onClick={() => (step === 1 ? propose() : setStep(step + 1))}>Next</Button>
        ) : (
          <Group gap="xs">
            <Button variant="default" disabled={!ready} loading={save.isPending} onClick={() => finish(false)}>Save as a draft</Button>
            <Button disabled={!ready} loading={save.isPending || drive.isPending} onClick={() => finish(true)}>Save and start</Button>
          </Group>
        )}
      </Group>
    </Stack>
  );
}
