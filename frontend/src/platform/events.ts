// Events of the backend, over Wails or over the bridge.

import type { QueryClient, QueryKey } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { RESYNC } from './event-stream';

/** Listens until the returned function is called. */
export function onEvent(topic: string, listener: (payload: unknown) => void): () => void {
  return window.runtime?.EventsOn(topic, listener) ?? (() => undefined);
}

/** Listens to one topic while the component is mounted. `topic` "resync": events were missed, read again. */
export function useEvents(topic: string, listener: (payload: unknown) => void): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => onEvent(topic, (payload) => latest.current(payload)), [topic]);
}

/** Which queries each topic makes stale. */
export type StaleAfter = Readonly<Record<string, readonly QueryKey[]>>;

/** A burst of events reads again at most this often: each reading would otherwise throw away the one before. */
export const GAP_MS = 300;

/** Marks queries stale as events arrive; after missed events, all of them. Returns how to stop. */
export function followEvents(client: QueryClient, maps: readonly StaleAfter[]): () => void {
  const stops = maps.flatMap((map) =>
    Object.entries(map).flatMap(([topic, keys]) => {
      const again = throttle(() => keys.forEach((queryKey) => void client.invalidateQueries({ queryKey })));
      return [onEvent(topic, again.run), again.stop];
    }),
  );
  stops.push(onEvent(RESYNC, () => void client.invalidateQueries()));
  return () => stops.forEach((stop) => stop());
}

/** Runs at once, and once more after the gap if it was asked for meanwhile. */
function throttle(action: () => void): { run: () => void; stop: () => void } {
  let timer = 0;
  let asked = false;
  const run = () => {
    if (timer !== 0) {
      asked = true;
      return;
    }
    action();
    timer = window.setTimeout(() => {
      timer = 0;
      if (!asked) return;
      asked = false;
      run();
    }, GAP_MS);
  };
  return { run, stop: () => window.clearTimeout(timer) };
}
