import { useSyncExternalStore } from 'react';
import type { ThemeName } from '../platform/api';

const DARK = '(prefers-color-scheme: dark)';

function subscribe(onChange: () => void): () => void {
  const query = window.matchMedia(DARK);
  query.addEventListener('change', onChange);
  return () => query.removeEventListener('change', onChange);
}

/** What the system shows now; it may change while the app is open. */
export function useSystemTheme(): ThemeName {
  return useSyncExternalStore(subscribe, () => (window.matchMedia(DARK).matches ? 'dark' : 'light'));
}
