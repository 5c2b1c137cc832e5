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

/** Marks queries stale as events arrive; after missed events, all of them. Returns how to stop. */
export function followEvents(client: QueryClient, maps: readonly StaleAfter[]): () => void {
  const stops = maps.flatMap((map) =>
    Object.entries(map).map(([topic, keys]) =>
      onEvent(topic, () => {
        for (const queryKey of keys) void client.invalidateQueries({ queryKey });
      }),
    ),
  );
  stops.push(onEvent(RESYNC, () => void client.invalidateQueries()));
  return () => stops.forEach((stop) => stop());
}
