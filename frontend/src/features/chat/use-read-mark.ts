import { useEffect, useRef } from 'react';

/** A message counts as read when it was visible this long in the focused window (ui.md §9). */
export const READ_AFTER_MS = 500;

interface ReadMark {
  /** Ids of the loaded messages, in order. */
  ids: readonly string[];
  /** The lowest message in sight, "" when none is. */
  lastVisible: string;
  unread: number;
  /** The window is visible and has the focus. */
  attentive: boolean;
  mark: (messageId: string) => void;
}

/** Marks the chat read up to what was really looked at; never backwards, never twice. */
export function useReadMark({ ids, lastVisible, unread, attentive, mark }: ReadMark): void {
  const marked = useRef('');
  const latest = useRef({ ids, mark });
  useEffect(() => {
    latest.current = { ids, mark };
  });
  const due = attentive && unread > 0 && lastVisible !== '';
  useEffect(() => {
    if (!due) return;
    const order = latest.current.ids;
    if (order.indexOf(lastVisible) <= order.indexOf(marked.current)) return;
    const timer = window.setTimeout(() => {
      marked.current = lastVisible;
      latest.current.mark(lastVisible);
    }, READ_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [due, lastVisible]);
}
