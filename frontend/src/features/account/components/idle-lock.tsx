import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useAppState } from '../../../platform/app-state';
import { lockNow } from '../queries';

const SIGNALS = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const;
const MINUTE_MS = 60_000;
const CHECK_MS = 5000;

/** Locks when nobody has touched anything for as long as was set (R18). Renders nothing. */
export function IdleLock() {
  const { account } = useAppState();
  const client = useQueryClient();
  const minutes = account.idleMinutes;
  useEffect(() => {
    if (minutes === 0) return;
    let touched = Date.now();
    const touch = () => {
      touched = Date.now();
    };
    for (const signal of SIGNALS) window.addEventListener(signal, touch, { capture: true, passive: true });
    // Looked at from time to time: one timer for all of them would stand still while the machine sleeps.
    const timer = window.setInterval(() => {
      if (Date.now() - touched < minutes * MINUTE_MS) return;
      touch();
      void lockNow(client);
    }, CHECK_MS);
    return () => {
      window.clearInterval(timer);
      for (const signal of SIGNALS) window.removeEventListener(signal, touch, { capture: true });
    };
  }, [minutes, client]);
  return null;
}
