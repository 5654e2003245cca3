/** One clock for everything on the page that says how long ago. */
import { useSyncExternalStore } from "react";

let now = Date.now();
const readers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  now = Date.now();
  for (const reader of readers) reader();
}

function listen(reader: () => void): () => void {
  readers.add(reader);
  if (timer === undefined) now = Date.now();
  timer ??= setInterval(tick, 1_000);
  return () => {
    readers.delete(reader);
    if (readers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Milliseconds since the epoch, told anew every second. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => now);
}
