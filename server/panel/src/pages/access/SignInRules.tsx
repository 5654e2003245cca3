/** What the tenant asks of those who sign in. */
import { Switch } from "@mantine/core";
import { useSetSignInRules } from "../../api/changes";
import { useSignInRules } from "../../api/queries";
import { Loaded } from "../../widgets/Loaded";
import { Problem } from "../../widgets/Note";
import { Panel } from "../../widgets/Panel";

export function SignInRules() {
  const rules = useSignInRules();
  const change = useSetSignInRules();
  return (
    <Panel title="Signing in">
      <Loaded read={rules} lines={1}>
        {(now) => (
          <Switch
            label="Administrators need a second factor"
            description="Who has none may look and set one up, and change nothing else. Their API tokens may only look, too."
            checked={now.second_factor_for_admins}
            disabled={change.isPending}
            onChange={(event) => change.mutate(event.currentTarget.checked)}
          />
        )}
      </Loaded>
      <Problem error={change.error} />
    </Panel>
  );
}
