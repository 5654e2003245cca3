/** Whether the reader may change things. The server decides; this only hides what it would refuse. */
import { useMe } from "./queries";

export function useMayChange(): boolean {
  const me = useMe().data;
  return me?.role === "admin" && !me.owes_second_factor;
}
