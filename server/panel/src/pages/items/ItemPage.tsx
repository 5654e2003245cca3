/** One pair: the two sides beside each other, what is held back, its comments and files, and its history. */
import { Button, SimpleGrid, Stack } from "@mantine/core";
import { Link, useParams } from "react-router";
import { useRetry } from "../../api/changes";
import { useMayChange } from "../../api/may";
import { useIntegration, useItem } from "../../api/queries";
import type { ItemDetail } from "../../api/types";
import { Empty } from "../../widgets/Empty";
import { EventLine } from "../../widgets/EventLine";
import { Icon } from "../../widgets/Icon";
import { Loaded } from "../../widgets/Loaded";
import { Note, Problem } from "../../widgets/Note";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { State } from "../../widgets/State";
import { When } from "../../widgets/When";
import { Conflicts } from "./Conflicts";
import { SidesTable } from "./SidesTable";
import { Resync } from "./Resync";
import { CommentTwins, FileTwins } from "./Twins";

export function ItemPage() {
  const { id = "" } = useParams();
  const item = useItem(id);
  const may = useMayChange();
  return (
    <Page
      title={item.data?.title ?? "Item"}
      above={{ to: "/items", label: "Items" }}
      lead={item.data && <Lead item={item.data} />}
      actions={item.data && (
        <>
          <Button variant="default" component={Link} to={whyOf(item.data)} leftSection={<Icon name="search" />}>Why</Button>
          {may && item.data.state !== "ended" && <Resync item={item.data} />}
        </>
      )}
    >
      <Loaded read={item} lines={8}>{(value) => <Parts item={value} />}</Loaded>
    </Page>
  );
}

/** The key that people know goes into the search box; the pair, which alone is certain, beside it. */
function whyOf({ id, left, right }: ItemDetail): string {
  return `/why?${new URLSearchParams({ key: [left?.key, right?.key].find(Boolean) ?? id, pair: id }).toString()}`;
}

function Lead({ item }: { item: ItemDetail }) {
  return (
    <>
      <State of={item.holds.length > 0 ? "held" : item.state} /> &nbsp;{item.integration_name}, synced <When time={item.synced_at} />,
      first made on the {item.origin}
    </>
  );
}

function Parts({ item }: { item: ItemDetail }) {
  const integration = useIntegration(item.integration);
  return (
    <Stack gap="lg">
      <Holds item={item} />
      <Audience item={item} />
      <Panel flush><SidesTable item={item} document={integration.data?.document} /></Panel>
      {item.conflicts.length > 0 && <Panel title="Conflicts" flush><Conflicts item={item} /></Panel>}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Panel title="Comments" hint={item.comments.length.toString()} flush><CommentTwins item={item} /></Panel>
        <Panel title="Files" hint={item.attachments.length.toString()} flush><FileTwins item={item} /></Panel>
      </SimpleGrid>
      <Panel title="History" flush>
        {item.history.length === 0
          ? <Empty icon="audit" title="Nothing yet">What is done to either side is written down here.</Empty>
          : item.history.map((event) => <EventLine key={event.id} event={event} by="run" />)}
      </Panel>
    </Stack>
  );
}

/** Whom an app does not show the item to shall not read it here either: the server gives viewers no values of it. */
function Audience({ item }: { item: ItemDetail }) {
  const may = useMayChange();
  const there = [item.left, item.right].filter((side) => side !== null).filter((side) => side.restricted !== "");
  if (there.length === 0) return null;
  return (
    <Note tone="warning" title={there.map((side) => `${side.name} restricts ${side.key} (${side.restricted})`).join(", ")}>
      {item.state === "linked" ? "It is kept in step all the same, because the integration says so." : "Nothing of it travels until everybody may see it again."}
      {!may && " What it says is shown to administrators only."}
    </Note>
  );
}

function Holds({ item }: { item: ItemDetail }) {
  const retry = useRetry();
  const may = useMayChange();
  if (item.holds.length === 0) return null;
  const again = () => retry.mutate({ integration: item.integration, items: item.holds.map(({ side, item_id }) => ({ side, item_id })) });
  return (
    <Stack gap="xs">
      {item.holds.map((hold) => (
        <Note key={`${hold.side}${hold.item_id}`} tone="warning" title={`Held back on the ${hold.side}`}>
          {hold.reason}
          {hold.words !== "" && <blockquote className="words">{hold.words}</blockquote>}
          {hold.due_at !== null && <div>It will be tried again <When time={hold.due_at} />.</div>}
          {may && <Button mt="xs" size="xs" variant="default" leftSection={<Icon name="bolt" />} loading={retry.isPending} onClick={again}>Try again now</Button>}
        </Note>
      ))}
      {retry.isSuccess && <Note tone="good">It will be tried again with the next look.</Note>}
      <Problem error={retry.error} />
    </Stack>
  );
}
