/** Stands in for a page that failed to draw, so that the rest of the panel stays usable. */
import { Button, Stack } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { Note } from "../widgets/Note";

interface State {
  fallen: boolean;
}

export class Fallen extends Component<{ children: ReactNode }, State> {
  override state: State = { fallen: false };

  static getDerivedStateFromError(): State {
    return { fallen: true };
  }

  override render(): ReactNode {
    if (!this.state.fallen) return this.props.children;
    return (
      <Stack align="flex-start">
        <Note tone="problem" title="This page could not be drawn">
          Something in the panel itself went wrong; nothing in your apps was touched. Reload the page. If it happens again, tell whoever looks after Lockstep which page it was.
        </Note>
        <Button onClick={() => window.location.reload()}>Reload the page</Button>
      </Stack>
    );
  }
}
