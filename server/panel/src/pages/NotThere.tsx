/** An address that leads nowhere. */
import { Button } from "@mantine/core";
import { Link } from "react-router";
import { Empty } from "../widgets/Empty";
import { Page } from "../widgets/Page";
import { Panel } from "../widgets/Panel";

export function NotThere() {
  return (
    <Page title="Nothing is here">
      <Panel>
        <Empty icon="search" title="There is no page at this address" action={<Button component={Link} to="/">Go to the overview</Button>}>
          It may have been removed, or the address was copied only in part.
        </Empty>
      </Panel>
    </Page>
  );
}
