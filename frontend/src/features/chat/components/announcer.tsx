import type { TFunction } from 'i18next';
import { useEffect, useRef, useState } from 'react';
import { oneLine } from '../model';
import type { LastMessage } from '../model';

/** At most one message is read out in this time (ui.md §10). */
export const ANNOUNCE_EVERY_MS = 3000;

interface AnnouncerProps {
  /** The newest message of the open chat. */
  newest: LastMessage | null;
  t: TFunction<'chat'>;
}

/** Tells screen readers what came in. The history itself is silent, or scrolling would be read out. */
export function Announcer({ newest, t }: AnnouncerProps) {
  const [spoken, setSpoken] = useState({ id: newest?.id ?? '', text: '' });
  const quietUntil = useRef(0);
  useEffect(() => {
    if (!newest || newest.own || newest.id === spoken.id) return;
    const speak = () => {
      quietUntil.current = Date.now() + ANNOUNCE_EVERY_MS;
      setSpoken({ id: newest.id, text: t('history.announce', { name: newest.senderName, text: oneLine(newest.text) }) });
    };
    const timer = window.setTimeout(speak, Math.max(0, quietUntil.current - Date.now()));
    return () => window.clearTimeout(timer);
  }, [newest, spoken.id, t]);
  return (
    <p className="sr-only" role="status" aria-live="polite">
      {spoken.text}
    </p>
  );
}
