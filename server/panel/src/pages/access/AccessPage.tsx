/** Who may sign in to this tenant, and the tokens of programs. */
import { Stack } from "@mantine/core";
import { useMayChange } from "../../api/may";
import { Page } from "../../widgets/Page";
import { PrivateComments } from "./PrivateComments";
import { SignInRules } from "./SignInRules";
import { Tokens } from "./Tokens";
import { Users } from "./Users";

export function AccessPage() {
  const may = useMayChange();
  return (
    <Page title="Users and tokens" lead="Who may sign in to this tenant, and which programs may use its API.">
      <Stack gap="lg">
        {may && <Users />}
        {may && <SignInRules />}
        <Tokens />
        {may && <PrivateComments />}
      </Stack>
    </Page>
  );
}
