/** Why an item is as it is: one sentence for its key, id or address, and below it everything that is known. */
import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { useSearchParams } from "react-router";
import { useExplanation } from "../../api/queries";
import type { Explanation } from "../../api/types";
import { Empty } from "../../widgets/Empty";
import { EventLine } from "../../widgets/EventLine";
import { Icon } from "../../widgets/Icon";
import { Loaded } from "../../widgets/Loaded";
import { Note } from "../../widgets/Note";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { Subject } from "./Subject";

export function WhyPage() {
  const [params, setParams] = useSearchParams();
  const key = params.get("key") ?? "";
  const [typed, setTyped] = useState(key);
  // A key may be one of several items; who comes from a pair means that one, until another key is typed.
  const explanation = useExplanation(params.get("pair") ?? key);
  const look = (event: SubmitEvent) => {
    event.preventDefault();
    setParams({ key: typed.trim() }, { replace: true });
  };
  return (
    <Page title="Why" lead="Why an item is in step, or is not: by its key, its id or its address, on either side.">
      <form onSubmit={look}>
        <Group gap="xs">
          <TextInput
            flex="1 1 220px" maw={560} type="search" aria-label="Key, id or address" placeholder="Key, id or address of an item"
            leftSection={<Icon name="search" />} value={typed} onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button type="submit" loading={explanation.isFetching} disabled={typed.trim() === ""}>Explain</Button>
        </Group>
      </form>
      {key === ""
        ? <Panel><Empty icon="search" title="Which item?">Paste its address from the browser, or type its key as people call it.</Empty></Panel>
        : <Loaded read={explanation} lines={6}>{(value) => <Told explanation={value} />}</Loaded>}
    </Page>
  );
}

function Told({ explanation }: { explanation: Explanation }) {
  const { subjects, problems, history, unasked } = explanation;
  return (
    <Stack gap="lg">
      <p className="verdict" role="status">{explanation.sentence}</p>
      {unasked !== "" && <Note tone="advice" title="The apps were not asked">{unasked}</Note>}
      {problems.map((problem) => <Note key={problem} tone="warning" title="An app could not be asked">{problem}</Note>)}
      {subjects.map((subject) => <Subject key={`${subject.integration} ${subject.key}`} subject={subject} alone={subjects.length === 1} />)}
      {history.length > 0 && <Panel title="On record" flush>{history.map((event) => <EventLine key={event.id} event={event} by="run" />)}</Panel>}
    </Stack>
  );
}
