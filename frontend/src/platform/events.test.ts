import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RESYNC } from './event-stream';
import { followEvents, GAP_MS } from './events';
import { FakeBackend } from './testing/fake-backend';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function follow() {
  const backend = new FakeBackend().install();
  const client = new QueryClient();
  const invalidate = vi.spyOn(client, 'invalidateQueries');
  const stop = followEvents(client, [{ 'chat.changed': [['chat', 'list']] }]);
  return { backend, invalidate, stop };
}

test('the first event reads again at once, a burst once more after it', () => {
  const { backend, invalidate } = follow();
  for (let i = 0; i < 100; i++) backend.emit('chat.changed', { chat: 'c1' });
  expect(invalidate).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(GAP_MS);
  expect(invalidate).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(10 * GAP_MS);
  expect(invalidate).toHaveBeenCalledTimes(2);
  backend.emit('chat.changed');
  expect(invalidate).toHaveBeenCalledTimes(3);
});

test('missed events make everything stale', () => {
  const { backend, invalidate } = follow();
  backend.emit(RESYNC);
  expect(invalidate.mock.calls).toEqual([[]]);
});

test('nothing happens after it was stopped', () => {
  const { backend, invalidate, stop } = follow();
  backend.emit('chat.changed');
  backend.emit('chat.changed');
  stop();
  backend.emit('chat.changed');
  vi.advanceTimersByTime(GAP_MS);
  expect(invalidate).toHaveBeenCalledTimes(1);
});
