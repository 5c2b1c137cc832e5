// Keyboard shortcuts, written "mod+shift+l": mod is ⌘ on macOS and Ctrl elsewhere.

import { isImeKey } from './ime';

interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
  isComposing: boolean;
  keyCode: number;
}

export function matches(event: Pressed, keys: string, mac: boolean): boolean {
  if (isImeKey(event)) return false;
  const parts = keys.split('+');
  const key = parts.pop();
  const mod = parts.includes('mod');
  return (
    event.key.toLowerCase() === key &&
    (mac ? event.metaKey : event.ctrlKey) === mod &&
    !(mac ? event.ctrlKey : event.metaKey) &&
    event.shiftKey === parts.includes('shift') &&
    event.altKey === parts.includes('alt')
  );
}

const NAMES: Readonly<Record<string, string>> = { arrowup: '↑', arrowdown: '↓', escape: 'Esc', enter: 'Enter', '/': '/' };
const MAC: Readonly<Record<string, string>> = { mod: '⌘', shift: '⇧', alt: '⌥' };
const OTHER: Readonly<Record<string, string>> = { mod: 'Ctrl', shift: 'Shift', alt: 'Alt' };

/** How to write it for people: "⌘K" or "Ctrl K". */
export function shortcutText(keys: string, mac: boolean): string {
  const parts = keys.split('+').map((part) => (mac ? MAC : OTHER)[part] ?? NAMES[part] ?? part.toUpperCase());
  return parts.join(mac ? '' : ' ');
}
