import { useEffect, useRef } from 'react';
import { isMac } from '../../platform/machine';
import { matches } from '../../platform/shortcut';
import { neighbour } from './model';
import type { Chat } from './model';

/** The keys and where they lead: a row up or down, with Shift to the next unread one (ui.md §7). */
const STEPS: readonly { keys: string; step: 1 | -1; onlyUnread: boolean }[] = [
  { keys: 'alt+arrowdown', step: 1, onlyUnread: false },
  { keys: 'alt+arrowup', step: -1, onlyUnread: false },
  { keys: 'shift+alt+arrowdown', step: 1, onlyUnread: true },
  { keys: 'shift+alt+arrowup', step: -1, onlyUnread: true },
];

/** Steps through the chats of the list from anywhere on the screen, also from the composer. */
export function useStepShortcuts(chats: readonly Chat[], open: string, onPick: (chatId: string) => void): void {
  const latest = useRef({ chats, open, onPick });
  useEffect(() => {
    latest.current = { chats, open, onPick };
  });
  useEffect(() => {
    const mac = isMac();
    const onKeyDown = (event: KeyboardEvent) => {
      const hit = STEPS.find(({ keys }) => matches(event, keys, mac));
      if (!hit) return;
      event.preventDefault();
      const now = latest.current;
      const next = neighbour(now.chats, now.open, hit.step, hit.onlyUnread);
      if (next) now.onPick(next.id);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}
