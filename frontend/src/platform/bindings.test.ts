import { beforeEach, expect, test } from 'vitest';
import { call } from './bindings';
import { Fault } from './fault';
import { FakeBackend, rejection } from './testing/fake-backend';

let backend: FakeBackend;
beforeEach(() => {
  backend = new FakeBackend().install();
});

test('passes arguments and the result', async () => {
  backend.handle('chat', { Send: (input: { text: string }) => ({ id: 'm1', text: input.text }) });
  await expect(call('chat', 'Send', { text: '好' })).resolves.toEqual({ id: 'm1', text: '好' });
  expect(backend.callsOf('chat.Send')).toEqual([[{ text: '好' }]]);
});

test('rejects with a fault, whatever went wrong', async () => {
  backend.handle('chat', {
    Send: () => {
      throw rejection(new Fault('chat.too_long', { max: '4000' }));
    },
  });
  await expect(call('chat', 'Send')).rejects.toMatchObject({ name: 'Fault', code: 'chat.too_long', params: { max: '4000' } });
  await expect(call('chat', 'Nothing')).rejects.toMatchObject({ name: 'Fault', code: 'internal' });
});

test('says which method is not bound', async () => {
  delete window.go;
  await expect(call('chat', 'Send')).rejects.toMatchObject({ code: 'internal', params: { method: 'chat.Send' } });
});
