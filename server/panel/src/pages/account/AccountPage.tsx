/** One's own account: password, second factor, sessions. */
import { Stack } from "@mantine/core";
import { useAccount, useMe } from "../../api/queries";
import { Loaded } from "../../widgets/Loaded";
import { Note } from "../../widgets/Note";
import { Page } from "../../widgets/Page";
import { Details } from "./Details";
import { Password } from "./Password";
import { SecondFactor } from "./SecondFactor";
import { Sessions } from "./Sessions";

export function AccountPage() {
  const account = useAccount();
  const owes = useMe().data?.owes_second_factor ?? false;
  return (
    <Page title="Account" lead="How you get in, and where you are signed in.">
      <Stack gap="lg">
        {owes && <Note tone="warning" title="This tenant asks administrators for a second factor">Set one up below. Until then you may look and change nothing.</Note>}
        <Loaded read={account}>
          {(own) => (
            <>
              <SecondFactor account={own} />
              <Password account={own} />
              <Details key={`${own.name} ${own.email}`} account={own} />
            </>
          )}
        </Loaded>
        <Sessions />
      </Stack>
    </Page>
  );
}
