/** Whether the reader may change things. The server decides; this only hides what it would refuse. */
import { useMe } from "./queries";

export function useMayChange(): boolean {
  return useMe().data?.role === "admin";
}
