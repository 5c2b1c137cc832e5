import { useEffect, useState } from 'react';

const TICK_MS = 250;

/** Seconds that are left until a moment, rendered anew each second. `until` in ms; 0: nothing to wait for. */
export function useCountdown(until: number): number {
  const [now, setNow] = useState(() => Date.now());
  const left = Math.max(0, Math.ceil((until - now) / 1000));
  useEffect(() => {
    if (until === 0) return;
    const timer = window.setInterval(() => {
      setNow(Date.now());
      if (Date.now() >= until) window.clearInterval(timer);
    }, TICK_MS);
    return () => window.clearInterval(timer);
  }, [until]);
  return until === 0 ? 0 : left;
}
