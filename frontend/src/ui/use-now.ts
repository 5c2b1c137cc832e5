import { useSyncExternalStore } from 'react';

const MINUTE_MS = 60_000;

function subscribe(tell: () => void): () => void {
  const timer = window.setInterval(tell, MINUTE_MS);
  return () => window.clearInterval(timer);
}

/** The present minute, in ms: texts like "yesterday" follow the clock without rendering all the time. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
}
