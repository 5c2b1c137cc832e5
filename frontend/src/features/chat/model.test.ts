import { describe, expect, test } from 'vitest';
import {
  deliveryState,
  filterChats,
  hasMutedUnread,
  isLargeEmoji,
  leadIn,
  neighbour,
  rowShape,
  showsDelivery,
  sortChats,
  splitRanges,
  unreadTotal,
} from './model';
import { aChat, aMessage } from './testing';

const minute = 60_000;
const noon = new Date(2026, 10, 21, 12, 0).getTime();

describe('chat list', () => {
  test('puts pinned chats first, then the newest', () => {
    const old = aChat({ id: 'old', at: 1 });
    const fresh = aChat({ id: 'new', at: 3 });
    const pinned = aChat({ id: 'pin', at: 2, pinned: true });
    const empty = { ...aChat({ id: 'empty' }), last: null };
    expect(sortChats([empty, old, fresh, pinned]).map((c) => c.id)).toEqual(['pin', 'new', 'old', 'empty']);
  });

  test('keeps the open chat under 未读 after it was read', () => {
    const read = aChat({ id: 'read' });
    const open = aChat({ id: 'open' });
    const unread = aChat({ id: 'unread', unread: 2 });
    expect(filterChats([read, open, unread], 'unread', 'open').map((c) => c.id)).toEqual(['open', 'unread']);
  });

  test('groups only under 群聊', () => {
    const list = [aChat({ id: 'd', kind: 'direct' }), aChat({ id: 'g', kind: 'group' })];
    expect(filterChats(list, 'group', '').map((c) => c.id)).toEqual(['g']);
  });

  test('muted chats give a dot, not a number', () => {
    const list = [aChat({ unread: 3 }), aChat({ unread: 5, muted: true })];
    expect(unreadTotal(list)).toBe(3);
    expect(hasMutedUnread(list)).toBe(true);
  });

  test('Alt arrows step through chats, with Shift through unread ones, and stop at the ends', () => {
    const list = [aChat({ id: 'a' }), aChat({ id: 'b' }), aChat({ id: 'c', unread: 1 })];
    expect(neighbour(list, 'a', 1, false)?.id).toBe('b');
    expect(neighbour(list, 'a', 1, true)?.id).toBe('c');
    expect(neighbour(list, 'c', 1, false)).toBeNull();
    expect(neighbour(list, '', 1, false)?.id).toBe('a');
    expect(neighbour(list, '', -1, false)?.id).toBe('c');
  });
});

describe('grouping', () => {
  test('one sender within five minutes is one run', () => {
    const a = aMessage({ id: 'a', at: noon });
    const b = aMessage({ id: 'b', at: noon + 5 * minute });
    expect(rowShape(a, b, '')).toEqual({ day: false, unread: false, first: false });
    expect(rowShape(a, { ...b, at: noon + 5 * minute + 1 }, '').first).toBe(true);
    expect(rowShape(a, { ...b, senderId: 'u2' }, '').first).toBe(true);
  });

  test('a message written before the row above it opens a run of its own', () => {
    const a = aMessage({ id: 'a', at: noon });
    expect(rowShape(a, aMessage({ id: 'b', at: noon - minute }), '').first).toBe(true);
  });

  test('a new day and the unread line stand above the row and end the run', () => {
    const a = aMessage({ id: 'a', at: new Date(2026, 10, 20, 23, 59).getTime() });
    const b = aMessage({ id: 'b', at: new Date(2026, 10, 21, 0, 1).getTime() });
    expect(rowShape(a, b, '')).toEqual({ day: true, unread: false, first: true });
    expect(rowShape(b, { ...b, id: 'c' }, 'c')).toEqual({ day: false, unread: true, first: true });
    expect(rowShape(undefined, b, '').day).toBe(true);
  });
});

describe('delivery', () => {
  test('nothing is called delivered before another device confirmed it', () => {
    expect(deliveryState(aMessage({ state: 'saved', received: 0, total: 17 }))).toBe('saved');
    expect(deliveryState(aMessage({ state: 'relay', received: 0, total: 17 }))).toBe('relay');
    expect(deliveryState(aMessage({ state: 'received', received: 15, total: 17 }))).toBe('partial');
    expect(deliveryState(aMessage({ state: 'received', received: 17, total: 17 }))).toBe('all');
    expect(deliveryState(aMessage({ state: 'received', received: 0, total: 0 }))).toBe('saved');
  });
});

describe('search highlight', () => {
  const text = (parts: { text: string; hit: boolean }[]) => parts.map((p) => (p.hit ? `[${p.text}]` : p.text)).join('');

  test('marks every range', () => {
    expect(text(splitRanges('灰度发布灰度', [[0, 2], [4, 6]]))).toBe('[灰度]发布[灰度]');
  });

  test('tolerates ranges that overlap, are unordered or lie outside', () => {
    expect(text(splitRanges('abcdef', [[4, 99], [0, 2], [1, 3]]))).toBe('[ab][c]d[ef]');
    expect(text(splitRanges('abc', [[5, 9], [2, 2]]))).toBe('abc');
    expect(splitRanges('', [[0, 1]])).toEqual([]);
  });

  test('brings a late hit into sight', () => {
    const parts = leadIn(splitRanges(`${'前'.repeat(60)}灰度后面`, [[60, 62]]));
    expect(text(parts)).toBe(`…${'前'.repeat(12)}[灰度]后面`);
    expect(text(leadIn(splitRanges('短短灰度', [[2, 4]])))).toBe('短短[灰度]');
  });
});

describe('delivery lines', () => {
  const first = { day: false, unread: false, first: true };
  const same = { day: false, unread: false, first: false };
  test('neighbours in one state share a line, a difference shows', () => {
    const own = aMessage({ own: true, received: 3, total: 5 });
    expect(showsDelivery(own, undefined, undefined)).toBe(true);
    expect(showsDelivery(own, { ...own, id: 'm2' }, same)).toBe(false);
    expect(showsDelivery(own, { ...own, id: 'm2' }, first)).toBe(true);
    expect(showsDelivery(own, { ...own, id: 'm2', received: 2 }, same)).toBe(true);
    expect(showsDelivery({ ...own, read: 1 }, { ...own, id: 'm2' }, same)).toBe(true);
  });
});

test('one to three emoji alone are shown large', () => {
  for (const text of ['👍', '👍🏽', '❤️', '👩‍💻👍🎉']) expect(isLargeEmoji(text)).toBe(true);
  for (const text of ['好👍', '👍👍👍👍', '1', '', '#']) expect(isLargeEmoji(text)).toBe(false);
});
