import { act, renderHook } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { usePaneWidth } from './pane-width';

const LIMITS = { initial: 272, min: 240, max: 360 };

beforeEach(() => {
  window.localStorage.clear();
});

test('a width is kept within its limits and remembered under its name', () => {
  const { result } = renderHook(() => usePaneWidth('chat.list', LIMITS));
  expect(result.current.value).toBe(272);
  act(() => result.current.set(300.4));
  expect(result.current.value).toBe(300);
  act(() => result.current.set(9999));
  expect(result.current.value).toBe(360);

  expect(renderHook(() => usePaneWidth('chat.list', LIMITS)).result.current.value).toBe(360);
  expect(renderHook(() => usePaneWidth('org.list', LIMITS)).result.current.value).toBe(272);
});

test.each(['abc', '-5', '0'])('what is not a width is forgotten: %s', (saved) => {
  window.localStorage.setItem('tongzhou.width.chat.list', saved);
  expect(renderHook(() => usePaneWidth('chat.list', LIMITS)).result.current.value).toBe(272);
});

test('what was saved outside of the limits is brought inside', () => {
  window.localStorage.setItem('tongzhou.width.chat.list', '100');
  expect(renderHook(() => usePaneWidth('chat.list', LIMITS)).result.current.value).toBe(240);
});
