/** Whether people who may only look may have the apps asked, too: not unless an administrator says so. */
import { Switch } from "@mantine/core";
import type { Document } from "../../../api/types";
import type { Names } from "../names";

interface Props {
  document: Document;
  names: Names;
  onChange: (document: Document) => void;
}

export function ViewersForm({ document, names, onChange }: Props) {
  return (
    <Switch
      label={`On the page “Why”, ask ${names.left} and ${names.right} for them as well`}
      description={
        `The apps are asked with the accounts of the two connections. So people who may only look can read there what these accounts see of the items that this integration keeps in step,
        also when they have no account in ${names.left} or ${names.right}. Without it they read what Lockstep saw last.`
      }
      checked={document.viewers_ask}
      onChange={(event) => onChange({ ...document, viewers_ask: event.currentTarget.checked })}
    />
  );
}
