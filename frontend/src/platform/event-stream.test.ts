import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LOST, openStream, RESYNC, takeEvents } from './event-stream';

/** A response whose body the test writes. */
function stream() {
  let write: (text: string) => void = () => undefined;
  let end: () => void = () => undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      write = (text) => controller.enqueue(new TextEncoder().encode(text));
      end = () => controller.close();
    },
  });
  return { response: new Response(body), write: (text: string) => write(text), end: () => end() };
}

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.useFakeTimers();
  fetched.mockReset();
  vi.stubGlobal('fetch', fetched);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('events may come in any pieces; heartbeats tell nothing', () => {
  const told: unknown[] = [];
  const tell = (topic: string, payload: unknown) => told.push([topic, payload]);
  let rest = takeEvents(': open\n\ndata: {"topic":"chat.ch', tell);
  rest = takeEvents(`${rest}anged","payload":{"chat":"c1"}}\n`, tell);
  expect(told).toEqual([]);
  rest = takeEvents(`${rest}\n: beat\n\ndata: {"topic":"state","payload":null}\n\n`, tell);
  expect(told).toEqual([
    ['chat.changed', { chat: 'c1' }],
    ['state', null],
  ]);
  expect(rest).toBe('');
});

test('opens with the first listener, tells each its topic, and connects again', async () => {
  const first = stream();
  const second = stream();
  fetched.mockResolvedValueOnce(first.response).mockResolvedValueOnce(second.response);
  const on = openStream('secret');
  expect(fetched).not.toHaveBeenCalled();

  const state = vi.fn();
  const resync = vi.fn();
  const off = on('state', state);
  on(RESYNC, resync);
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(fetched.mock.calls[0]?.[1]?.headers).toEqual({ Authorization: 'Bearer secret' });

  first.write('data: {"topic":"state","payload":1}\n\n');
  await vi.advanceTimersByTimeAsync(0);
  expect(state).toHaveBeenCalledExactlyOnceWith(1);
  expect(resync).not.toHaveBeenCalled();

  first.end();
  await vi.advanceTimersByTimeAsync(250);
  expect(fetched).toHaveBeenCalledTimes(2);
  expect(resync).toHaveBeenCalledTimes(1);

  off();
  second.write('data: {"topic":"state","payload":2}\n\n');
  await vi.advanceTimersByTimeAsync(0);
  expect(state).toHaveBeenCalledTimes(1);
});

test('waits longer while nobody answers, and tells once that the program is gone', async () => {
  fetched.mockRejectedValue(new TypeError('Failed to fetch'));
  const lost = vi.fn();
  openStream('')(LOST, lost);
  await vi.advanceTimersByTimeAsync(0);
  expect(fetched).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(fetched).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(2000 + 5000 + 5000);
  expect(fetched).toHaveBeenCalledTimes(5);
  expect(lost).toHaveBeenCalledTimes(1);
});

test('gives up a stream that has been silent for too long', async () => {
  const dead = stream();
  fetched.mockImplementationOnce((_input, init) => {
    init?.signal?.addEventListener('abort', () => dead.end());
    return Promise.resolve(dead.response);
  });
  fetched.mockResolvedValueOnce(stream().response);
  openStream('')('state', () => undefined);
  await vi.advanceTimersByTimeAsync(39_000);
  dead.write(': beat\n\n');
  await vi.advanceTimersByTimeAsync(39_000);
  expect(fetched).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2000);
  expect(fetched).toHaveBeenCalledTimes(2);
});
