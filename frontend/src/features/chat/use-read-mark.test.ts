import { renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { READ_AFTER_MS, useReadMark } from './use-read-mark';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ids = ['a', 'b', 'c'];

function setup(start: { lastVisible: string; unread: number; attentive: boolean }) {
  const mark = vi.fn();
  const hook = renderHook((props: typeof start) => { useReadMark({ ids, mark, ...props }); }, { initialProps: start });
  return { mark, rerender: hook.rerender };
}

test('marks what was in sight for half a second in the focused window', () => {
  const { mark } = setup({ lastVisible: 'b', unread: 2, attentive: true });
  vi.advanceTimersByTime(READ_AFTER_MS - 1);
  expect(mark).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(mark.mock.calls).toEqual([['b']]);
});

test('opening a chat behind another window marks nothing, coming back does', () => {
  const { mark, rerender } = setup({ lastVisible: 'b', unread: 2, attentive: false });
  vi.advanceTimersByTime(10_000);
  expect(mark).not.toHaveBeenCalled();
  rerender({ lastVisible: 'b', unread: 2, attentive: true });
  vi.advanceTimersByTime(READ_AFTER_MS);
  expect(mark).toHaveBeenCalledOnce();
});

test('a glance does not count', () => {
  const { mark, rerender } = setup({ lastVisible: 'b', unread: 2, attentive: true });
  vi.advanceTimersByTime(300);
  rerender({ lastVisible: 'b', unread: 2, attentive: false });
  vi.advanceTimersByTime(300);
  expect(mark).not.toHaveBeenCalled();
});

test('never goes backwards and never marks the same message twice, so 标为未读 stays', () => {
  const { mark, rerender } = setup({ lastVisible: 'c', unread: 1, attentive: true });
  vi.advanceTimersByTime(READ_AFTER_MS);
  rerender({ lastVisible: 'a', unread: 1, attentive: true });
  vi.advanceTimersByTime(READ_AFTER_MS);
  rerender({ lastVisible: 'c', unread: 1, attentive: true });
  vi.advanceTimersByTime(READ_AFTER_MS);
  expect(mark.mock.calls).toEqual([['c']]);
});

test('nothing unread, nothing to mark; a message that comes in is marked', () => {
  const { mark, rerender } = setup({ lastVisible: 'b', unread: 0, attentive: true });
  vi.advanceTimersByTime(READ_AFTER_MS);
  expect(mark).not.toHaveBeenCalled();
  rerender({ lastVisible: 'c', unread: 1, attentive: true });
  vi.advanceTimersByTime(READ_AFTER_MS);
  expect(mark.mock.calls).toEqual([['c']]);
});
