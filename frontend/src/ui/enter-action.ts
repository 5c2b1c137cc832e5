// What the Enter key does in a message box (ui.md §7, §8).

import type { SendKey } from '../platform/api';
import { isImeKey } from '../platform/ime';

interface EnterKey {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing: boolean;
  keyCode: number;
}

/**
 * "send", "newline", or null when the key is not ours: another key, or the Enter
 * that an input method uses to confirm what is being composed.
 */
export function enterAction(event: EnterKey, sendKey: SendKey, composing: boolean): 'send' | 'newline' | null {
  if (event.key !== 'Enter' || composing || isImeKey(event)) return null;
  const command = event.ctrlKey || event.metaKey;
  if (sendKey === 'ctrl_enter') return command ? 'send' : 'newline';
  return event.shiftKey || command || event.altKey ? 'newline' : 'send';
}
