import { useEffect, useRef } from 'react';

/** An announcement counts as read when it was open this long in the focused window (ui.md §9). */
export const READ_AFTER_MS = 500;

/** Acknowledges what needs no confirmation once it was looked at. `id` is "" while there is nothing to do. */
export function useAcknowledgeOnRead(id: string, attentive: boolean, acknowledge: (id: string) => void): void {
  const latest = useRef(acknowledge);
  useEffect(() => {
    latest.current = acknowledge;
  });
  useEffect(() => {
    if (id === '' || !attentive) return;
    const timer = window.setTimeout(() => latest.current(id), READ_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [id, attentive]);
}
