/** Says over every page that the server, or its database, does not answer, and until when what is shown was true. */
import { useOverview } from "../api/queries";
import { isAway, sentence } from "../api/problem";
import { Note } from "../widgets/Note";
import { When } from "../widgets/When";

export function Away() {
  const overview = useOverview();
  if (!isAway(overview.error)) return null;
  return (
    <Note tone="problem" title="No answer">
      {sentence(overview.error)} This page keeps asking.
      {overview.data && <> What it shows was read <When time={new Date(overview.dataUpdatedAt).toISOString()} />.</>}
    </Note>
  );
}
