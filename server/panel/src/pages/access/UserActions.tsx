/** What an administrator may do with somebody else's account. */
import { ActionIcon, Menu, Text } from "@mantine/core";
import { useState } from "react";
import { useChangeUser, useDeleteUser, useDropFactor, usePasswordLink } from "../../api/changes";
import type { User } from "../../api/types";
import { Confirm } from "../../widgets/Confirm";
import { Icon } from "../../widgets/Icon";

type Act = "link" | "role" | "disable" | "enable" | "factor" | "delete";

export function UserActions({ user, onLink }: { user: User; onLink: (path: string) => void }) {
  const [act, setAct] = useState<Act | null>(null);
  const change = useChangeUser();
  const removal = useDeleteUser();
  const link = usePasswordLink();
  const drop = useDropFactor();
  const role = user.role === "admin" ? "viewer" : "admin";
  const close = () => {
    setAct(null);
    [change, removal, link, drop].forEach((one) => one.reset());
  };
  const done = { onSuccess: close };
  const acts: Record<Act, { title: string; verb: string; words: string; run: () => void }> = {
    link: { title: `Let ${user.login} choose a new password?`, verb: "Make a link", words: "You get a link that works once, within a day. The password until now works on until then.", run: () => link.mutate(user.id, { onSuccess: (made) => { close(); onLink(made.path); } }) },
    role: { title: role === "admin" ? `Make ${user.login} an administrator?` : `Let ${user.login} only look?`, verb: role === "admin" ? "Make an administrator" : "Let them look only", words: role === "admin" ? "They may change everything, this list too." : "It holds at once, also where they are signed in.", run: () => change.mutate({ id: user.id, role }, done) },
    disable: { title: `Disable ${user.login}?`, verb: "Disable", words: "They are signed out at once, and their API tokens do not work until the account is enabled again.", run: () => change.mutate({ id: user.id, disabled: true }, done) },
    enable: { title: `Enable ${user.login}?`, verb: "Enable", words: "They may sign in again, and their API tokens work again.", run: () => change.mutate({ id: user.id, disabled: false }, done) },
    factor: { title: `Take the second factor of ${user.login} away?`, verb: "Take it away", words: "For one who has lost the app and the recovery codes. Their sessions end, and the password alone signs in until a new one is set up.", run: () => drop.mutate(user.id, done) },
    delete: { title: `Delete ${user.login}?`, verb: "Delete the user", words: "They are signed out at once, and their API tokens stop working. What they did stays in the audit.", run: () => removal.mutate(user.id, done) },
  };
  const chosen = act === null ? null : acts[act];
  const busy = change.isPending || removal.isPending || link.isPending || drop.isPending;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={`Change ${user.login}`}><Icon name="pencil" /></ActionIcon></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={user.disabled} onClick={() => setAct("link")}>Link for a new password</Menu.Item>
          <Menu.Item onClick={() => setAct("role")}>{role === "admin" ? "Make an administrator" : "Let them look only"}</Menu.Item>
          {user.second_factor && <Menu.Item onClick={() => setAct("factor")}>Take the second factor away</Menu.Item>}
          <Menu.Item onClick={() => setAct(user.disabled ? "enable" : "disable")}>{user.disabled ? "Enable" : "Disable"}</Menu.Item>
          <Menu.Item color="red" onClick={() => setAct("delete")}>Delete</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm stay="Leave it as it is" opened={chosen !== null} title={chosen?.title ?? ""} verb={chosen?.verb ?? ""} busy={busy} error={change.error ?? removal.error ?? link.error ?? drop.error} onClose={close} onConfirm={() => chosen?.run()}>
        <Text>{chosen?.words}</Text>
      </Confirm>
    </>
  );
}
