import { useEffect, useState } from 'react';
import { STALL_MS, stageOf } from './model';
import type { JoinProgress } from './model';

const TICK_MS = 1000;

interface Waiting {
  /** Since the step began, in ms. */
  waitedMs: number;
  /** Nothing has changed for longer than is usual for this step. */
  stalled: boolean;
}

/** How long the current step has been going on, and whether it still moves. */
export function useStall(progress: JoinProgress): Waiting {
  const { step, done, total, relay } = progress;
  const key = `${step} ${done} ${total}`;
  const [now, setNow] = useState(() => Date.now());
  const [news, setNews] = useState({ key, at: now });
  if (news.key !== key) setNews({ key, at: now });

  const stage = stageOf(step);
  useEffect(() => {
    if (!stage) return;
    const timer = window.setInterval(() => setNow(Date.now()), TICK_MS);
    return () => window.clearInterval(timer);
  }, [stage]);

  const since = Date.parse(progress.since);
  return {
    waitedMs: Number.isNaN(since) ? 0 : Math.max(0, now - since),
    // While two people look at six digits, or a request waits for colleagues who are away, nothing is late.
    stalled: stage !== null && step !== 'compare' && !(stage === 'search' && relay === 'left') && (progress.code !== '' || now - news.at > STALL_MS[stage]),
  };
}
