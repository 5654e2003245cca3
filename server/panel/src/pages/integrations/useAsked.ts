/** A run that a person asked for here: the newest of its kind, and whether it has yet to begin. */
import { useState } from "react";
import type { Run } from "../../api/types";

interface Asked {
  /** The newest run of the kind, whoever asked for it. */
  last: Run | undefined;
  /** The newest, if it was asked for since this page was opened and has begun. */
  mine: Run | undefined;
  /** It was asked for and is not among the runs yet. */
  waiting: boolean;
  /** To be called when it is asked for. */
  ask: () => void;
}

export function useAsked(runs: readonly Run[], is: (run: Run) => boolean): Asked {
  const [before, setBefore] = useState<string | null>(null);
  const last = runs.find(is);
  const begun = before !== null && (last?.id ?? "") !== before;
  return { last, mine: begun ? last : undefined, waiting: before !== null && !begun, ask: () => setBefore(last?.id ?? "") };
}
