/* eslint-disable @typescript-eslint/no-deprecated -- the key code is the only sign that WebKit gives */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { installImeGuard } from './ime';

let off: () => void;
const pressed = vi.fn();

beforeEach(() => {
  off = installImeGuard();
  document.body.innerHTML = '<input id="field"><div id="editor" contenteditable="true"></div>';
  // jsdom does not derive it from the attribute.
  Object.defineProperty(document.getElementById('editor'), 'isContentEditable', { value: true });
  document.body.addEventListener('keydown', pressed);
});

afterEach(() => {
  off();
  document.body.removeEventListener('keydown', pressed);
  document.body.innerHTML = '';
  pressed.mockReset();
});

function press(id: string, change: KeyboardEventInit) {
  document.getElementById(id)?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, ...change }));
}

test('the Enter that confirms a composition reaches no widget', () => {
  press('field', { isComposing: true });
  // WebKit: after compositionend, betrayed only by its code.
  press('field', { keyCode: 229 });
  expect(pressed).not.toHaveBeenCalled();
});

test('a real Enter does', () => {
  press('field', { keyCode: 13 });
  expect(pressed).toHaveBeenCalledTimes(1);
});

test('editors look after themselves', () => {
  press('editor', { keyCode: 229 });
  expect(pressed).toHaveBeenCalledTimes(1);
});
