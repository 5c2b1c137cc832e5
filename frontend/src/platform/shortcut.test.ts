import { expect, test } from 'vitest';
import { matches, shortcutText } from './shortcut';

function press(key: string, change: Partial<KeyboardEventInit> = {}) {
  return new KeyboardEvent('keydown', { key, ...change });
}

test('mod is ⌘ on macOS and Ctrl elsewhere', () => {
  expect(matches(press('k', { ctrlKey: true }), 'mod+k', false)).toBe(true);
  expect(matches(press('k', { metaKey: true }), 'mod+k', true)).toBe(true);
  expect(matches(press('k', { metaKey: true }), 'mod+k', false)).toBe(false);
  expect(matches(press('k', { ctrlKey: true }), 'mod+k', true)).toBe(false);
});

test('exactly these keys', () => {
  expect(matches(press('L', { ctrlKey: true, shiftKey: true }), 'mod+shift+l', false)).toBe(true);
  expect(matches(press('l', { ctrlKey: true }), 'mod+shift+l', false)).toBe(false);
  expect(matches(press('k', { ctrlKey: true, altKey: true }), 'mod+k', false)).toBe(false);
  expect(matches(press('ArrowUp', { altKey: true }), 'alt+arrowup', false)).toBe(true);
});

test('never a key that an input method has taken', () => {
  expect(matches(press('k', { ctrlKey: true, isComposing: true }), 'mod+k', false)).toBe(false);
  expect(matches(press('k', { ctrlKey: true, keyCode: 229 }), 'mod+k', false)).toBe(false);
});

test('written as people know them', () => {
  expect(shortcutText('mod+shift+l', false)).toBe('Ctrl Shift L');
  expect(shortcutText('mod+shift+l', true)).toBe('⌘⇧L');
  expect(shortcutText('alt+arrowup', false)).toBe('Alt ↑');
});
