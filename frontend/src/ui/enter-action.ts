// What the Enter key does in a message box (ui.md §7, §8).

export type SendKey = 'enter' | 'ctrl_enter';

interface EnterKey {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing: boolean;
  keyCode: number;
}

/** WebKit confirms a composition with an Enter that only this code betrays. */
const IME_KEY = 229;

/**
 * "send", "newline", or null when the key is not ours: another key, or the Enter
 * that an input method uses to confirm what is being composed.
 */
export function enterAction(event: EnterKey, sendKey: SendKey, composing: boolean): 'send' | 'newline' | null {
  if (event.key !== 'Enter' || composing || event.isComposing || event.keyCode === IME_KEY) return null;
  const command = event.ctrlKey || event.metaKey;
  if (sendKey === 'ctrl_enter') return command ? 'send' : 'newline';
  return event.shiftKey || command || event.altKey ? 'newline' : 'send';
}
