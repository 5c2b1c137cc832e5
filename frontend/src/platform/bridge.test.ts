import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bound, call } from './bindings';
import { installBridge } from './bridge';
import { UNREACHABLE } from './fault';

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  delete window.go;
  delete window.runtime;
  window.sessionStorage.clear();
  fetched.mockReset();
  vi.stubGlobal('fetch', fetched);
});

afterEach(() => {
  vi.unstubAllGlobals();
  window.location.hash = '';
});

test('takes the token out of the address and sends it with every call', async () => {
  window.location.hash = '#token=abc_-123';
  installBridge();
  expect(window.location.hash).toBe('');

  fetched.mockResolvedValue(Response.json({ id: 'm1' }));
  await expect(call('chat', 'Send', { text: 'hi' }, 2)).resolves.toEqual({ id: 'm1' });
  const [path, init] = fetched.mock.calls[0] ?? [];
  expect(path).toBe('/api/chat/Send');
  expect(init).toMatchObject({
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer abc_-123' },
    body: '[{"text":"hi"},2]',
  });
});

test('remembers the token when the page is loaded again in its tab', async () => {
  window.location.hash = '#token=kept';
  installBridge();
  delete window.go;
  delete window.runtime;
  window.location.hash = '#/chat';
  installBridge();
  expect(window.location.hash).toBe('#/chat');
  fetched.mockResolvedValue(Response.json(null));
  await call('app', 'State');
  expect(fetched.mock.calls[0]?.[1]).toMatchObject({ headers: { Authorization: 'Bearer kept' } });
});

test('a fault of the backend reaches the caller', async () => {
  installBridge();
  fetched.mockResolvedValue(new Response('{"code":"join.used","params":{"name":"林"}}', { status: 422 }));
  await expect(call('app', 'Join')).rejects.toMatchObject({ code: 'join.used', params: { name: '林' } });
});

test('a program that has stopped is a fault of its own', async () => {
  installBridge();
  fetched.mockRejectedValue(new TypeError('Failed to fetch'));
  await expect(call('app', 'State')).rejects.toMatchObject({ code: UNREACHABLE });
});

test('leaves Wails alone', () => {
  const go = {};
  window.go = go;
  window.runtime = { EventsOn: () => () => undefined };
  installBridge();
  expect(window.go).toBe(go);
});

test('what only a window has is not there', () => {
  installBridge();
  expect(bound('chat')).toBe(true);
  expect(bound('desktop')).toBe(false);
});
