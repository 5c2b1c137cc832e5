import { describe, expect, test } from 'vitest';
import { enterAction } from './enter-action';
import type { SendKey } from '../platform/api';

const enter = { key: 'Enter', shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, keyCode: 13 };

describe('Enter', () => {
  test.each<[string, SendKey, Partial<typeof enter>, string]>([
    ['sends', 'enter', {}, 'send'],
    ['with Shift breaks the line', 'enter', { shiftKey: true }, 'newline'],
    ['with Ctrl breaks the line', 'enter', { ctrlKey: true }, 'newline'],
    ['breaks the line when Ctrl + Enter sends', 'ctrl_enter', {}, 'newline'],
    ['with Ctrl sends by that setting', 'ctrl_enter', { ctrlKey: true }, 'send'],
    ['with ⌘ sends by that setting', 'ctrl_enter', { metaKey: true }, 'send'],
  ])('%s', (_name, sendKey, keys, action) => {
    expect(enterAction({ ...enter, ...keys }, sendKey, false)).toBe(action);
  });

  test.each<[string, Partial<typeof enter>, boolean]>([
    ['isComposing', { isComposing: true }, false],
    ['keyCode 229, as WebKit reports it after compositionend', { keyCode: 229 }, false],
    ['the editor still composes', {}, true],
  ])('never acts while an input method composes: %s', (_name, keys, composing) => {
    expect(enterAction({ ...enter, ...keys }, 'enter', composing)).toBeNull();
    expect(enterAction({ ...enter, ...keys, ctrlKey: true }, 'ctrl_enter', composing)).toBeNull();
  });

  test('other keys are not ours', () => {
    expect(enterAction({ ...enter, key: 'a' }, 'enter', false)).toBeNull();
  });
});
