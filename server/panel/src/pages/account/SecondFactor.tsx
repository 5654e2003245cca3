/** An authenticator app beside the password: set up, replaced, removed; and its recovery codes. */
import { Badge, Button, Group, Modal, Text } from "@mantine/core";
import { useState } from "react";
import type { Account } from "../../api/types";
import { OnceShown } from "../../widgets/OnceShown";
import { Panel } from "../../widgets/Panel";
import { When } from "../../widgets/When";
import { count } from "../../widgets/words";
import { Again } from "./Again";
import { SetUp } from "./SetUp";

type Doing = "set up" | "remove" | "codes" | null;
const TITLES = { "set up": "Authenticator app", "remove": "Remove the second factor", "codes": "New recovery codes" };

export function SecondFactor({ account }: { account: Account }) {
  const [doing, setDoing] = useState<Doing>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const since = account.second_factor_since;
  const done = (made: string[] | null) => {
    setDoing(null);
    setCodes(made);
  };
  const actions = since === null ? <Button size="xs" onClick={() => setDoing("set up")}>Set up</Button> : (
    <Group gap="xs">
      <Button size="xs" variant="default" onClick={() => setDoing("codes")}>New recovery codes</Button>
      <Button size="xs" variant="default" onClick={() => setDoing("set up")}>Replace</Button>
      <Button size="xs" variant="default" disabled={account.needs_second_factor} onClick={() => setDoing("remove")}>Remove</Button>
    </Group>
  );
  return (
    <Panel title={<>Second factor {since !== null && <Badge variant="light" ml={6}>On</Badge>}</>} actions={actions}>
      {codes !== null && <OnceShown what="Your ten recovery codes" secret={codes.join("\n")} onDone={() => setCodes(null)} />}
      {codes === null && (since === null
        ? <Text c="dimmed">An authenticator app on your phone shows a code that you type beside your password. Whoever learns your password still stays out.</Text>
        : <Text>An authenticator app since <When time={since} />. {count(account.recovery_codes_left, "recovery code")} left; each signs you in once where the app is lost.</Text>)}
      <Modal opened={doing !== null} onClose={() => setDoing(null)} title={<Text fw={600} size="md">{doing !== null && TITLES[doing]}</Text>}>
        {doing === "set up" && <SetUp coded={since !== null} onDone={done} />}
        {(doing === "remove" || doing === "codes") && <Again doing={doing} onDone={done} />}
      </Modal>
    </Panel>
  );
}
