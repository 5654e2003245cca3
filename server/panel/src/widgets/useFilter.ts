/** One filter of a list, kept in the address so that it can be shared and survives going back. */
import { useSearchParams } from "react-router";

export function useFilter(name: string): [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const change = (value: string) =>
    setParams((before) => {
      if (value === "") before.delete(name);
      else before.set(name, value);
      return before;
    }, { replace: true });
  return [params.get(name) ?? "", change];
}
