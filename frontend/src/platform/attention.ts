import { useSyncExternalStore } from 'react';

const SIGNALS = ['focus', 'blur', 'visibilitychange'] as const;

function subscribe(tell: () => void): () => void {
  // Capture: visibilitychange is told to the document and does not reach the window otherwise.
  for (const signal of SIGNALS) window.addEventListener(signal, tell, true);
  return () => {
    for (const signal of SIGNALS) window.removeEventListener(signal, tell, true);
  };
}

/** Whether someone is looking: the window is visible and has the focus. */
export function useAttentive(): boolean {
  return useSyncExternalStore(subscribe, () => document.visibilityState === 'visible' && document.hasFocus());
}
