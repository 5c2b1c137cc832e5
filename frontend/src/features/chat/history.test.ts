import { expect, test } from 'vitest';
import { appendPage, appendSaved, fromPage, prependPage, replaceMessages, WINDOW_MAX } from './history';
import { aMessage, aPage, messages } from './testing';

const ids = (window: { messages: readonly { id: string }[] }) => window.messages.map((m) => m.id).join(' ');

test('pages join on both sides without a message twice', () => {
  const start = fromPage(aPage(messages(10, 3), { hasOlder: true, hasNewer: true }));
  const up = prependPage(start, aPage(messages(8, 3), { hasOlder: false }));
  expect(ids(up)).toBe('m8 m9 m10 m11 m12');
  expect(up).toMatchObject({ hasOlder: false, hasNewer: true });
  const down = appendPage(up, aPage(messages(12, 2), { hasNewer: false }));
  expect(ids(down)).toBe('m8 m9 m10 m11 m12 m13');
  expect(down).toMatchObject({ hasOlder: false, hasNewer: false });
});

test('the far end is dropped beyond the limit and can be loaded again', () => {
  const full = fromPage(aPage(messages(1000, WINDOW_MAX)));
  const up = prependPage(full, aPage(messages(900, 100)));
  expect(up.messages).toHaveLength(WINDOW_MAX);
  expect(up.messages[0]?.id).toBe('m900');
  expect(up.hasNewer).toBe(true);
  const down = appendPage(full, aPage(messages(1000 + WINDOW_MAX, 50)));
  expect(down.messages).toHaveLength(WINDOW_MAX);
  expect(down.messages.at(-1)?.id).toBe(`m${1000 + WINDOW_MAX + 49}`);
  expect(down.hasOlder).toBe(true);
});

test('an own message joins the end only where the window reaches it', () => {
  const atEnd = fromPage(aPage(messages(1, 1)));
  expect(ids(appendSaved(atEnd, aMessage({ id: 'own' })))).toBe('m1 own');
  const away = fromPage(aPage(messages(1, 1), { hasNewer: true }));
  expect(ids(appendSaved(away, aMessage({ id: 'own' })))).toBe('m1');
});

test('reading again keeps unchanged messages identical and takes changes and late arrivals', () => {
  const window = fromPage(aPage(messages(1, 2)));
  const [first, second] = messages(1, 2);
  const late = aMessage({ id: 'late', late: true });
  if (!first || !second) throw new Error('two messages expected');
  const next = replaceMessages(window, [first, late, { ...second, read: 1 }], { hasOlder: false, hasNewer: false, filling: false });
  expect(ids(next)).toBe('m1 late m2');
  expect(next.messages[0]).toBe(window.messages[0]);
  expect(next.messages[2]).not.toBe(window.messages[1]);
});
