import { describe, expect, test, vi } from 'vitest';
import { Fault } from '../../platform/fault';
import { HistoryStore } from './history-store';
import type { HistorySource, PageQuery } from './history-store';
import type { HistoryPage } from './history';
import type { Message } from './model';
import { aMessage, aPage, messages } from './testing';

/** A chat held in memory that pages like the backend. */
class MemoryChat implements HistorySource {
  readonly queries: PageQuery[] = [];
  firstUnread = '';
  filling = false;
  all: Message[];
  send = vi.fn((_chat: string, text: string, clientId: string) => {
    const saved = aMessage({ id: `saved-${clientId}`, text, own: true, state: 'saved' });
    this.all = [...this.all, saved];
    return Promise.resolve(saved);
  });

  constructor(all: Message[]) {
    this.all = all;
  }

  history(query: PageQuery): Promise<HistoryPage> {
    this.queries.push(query);
    const at = (id: string) => this.all.findIndex((m) => m.id === id);
    if (query.around && at(query.around) < 0) return Promise.reject(new Fault('chat.unknown_message'));
    let from = Math.max(0, this.all.length - query.limit);
    let to = this.all.length;
    if (query.before) {
      to = at(query.before);
      from = Math.max(0, to - query.limit);
    } else if (query.after) {
      from = at(query.after) + 1;
      to = Math.min(this.all.length, from + query.limit);
    } else if (query.around || this.firstUnread) {
      const middle = at(query.around ?? this.firstUnread);
      from = Math.max(0, middle - query.limit / 2);
      to = Math.min(this.all.length, middle + query.limit / 2);
    }
    return Promise.resolve(
      aPage(this.all.slice(from, to), { hasOlder: from > 0, hasNewer: to < this.all.length, filling: this.filling, firstUnread: this.firstUnread }),
    );
  }
}

const ids = (store: HistoryStore) => store.snapshot().rows.map((r) => r.message.id);

async function opened(chat: MemoryChat, at = ''): Promise<HistoryStore> {
  const store = new HistoryStore(chat, 'c1');
  await store.open(at);
  return store;
}

test('what is read again begins anew when its first message is past keeping', async () => {
  const chat = new MemoryChat(messages(0, 20));
  const store = await opened(chat);
  chat.all = messages(10, 10);
  await store.refresh();
  expect(store.snapshot().problem).toBeNull();
  expect(ids(store)).toEqual(chat.all.map((m) => m.id));
});

describe('opening', () => {
  test('opens at the first unread message and keeps its line', async () => {
    const chat = new MemoryChat(messages(0, 300));
    chat.firstUnread = 'm150';
    const store = await opened(chat);
    expect(store.snapshot().wish).toEqual({ to: 'unread', id: 'm150' });
    expect(ids(store)).toContain('m149');
    chat.firstUnread = '';
    await store.refresh();
    expect(store.snapshot().firstUnread).toBe('m150');
  });

  test('opens at the end when all is read', async () => {
    const store = await opened(new MemoryChat(messages(0, 5)));
    expect(store.snapshot().wish).toEqual({ to: 'end' });
  });

  test('says why when it can not be read', async () => {
    const chat = new MemoryChat([]);
    const reason = new Error('closed');
    chat.history = () => Promise.reject(reason);
    const store = await opened(chat);
    expect(store.snapshot()).toMatchObject({ phase: 'failed', error: reason });
  });
});

describe('paging', () => {
  test('loads both ways until the ends', async () => {
    const store = await opened(new MemoryChat(messages(0, 300)), 'm150');
    await store.older();
    await store.newer();
    expect(ids(store)).toHaveLength(300);
    expect(store.snapshot()).toMatchObject({ hasOlder: false, hasNewer: false });
  });

  test('older messages that arrive later can be reached (S22)', async () => {
    const chat = new MemoryChat(messages(200, 50));
    chat.filling = true;
    const store = await opened(chat);
    expect(store.snapshot()).toMatchObject({ hasOlder: false, filling: true });
    await store.older();
    expect(ids(store)[0]).toBe('m200');
    chat.all.unshift(...messages(0, 200));
    chat.filling = false;
    await store.refresh();
    expect(store.snapshot()).toMatchObject({ hasOlder: true, filling: false });
    await store.older();
    expect(ids(store)[0]).toBe('m100');
  });

  test('asks once however often the list reaches the edge', async () => {
    const chat = new MemoryChat(messages(0, 300));
    const store = await opened(chat);
    await Promise.all([store.older(), store.older(), store.older()]);
    expect(chat.queries.filter((q) => q.before)).toHaveLength(1);
  });

  test('an answer for a stretch that was left is dropped', async () => {
    const chat = new MemoryChat(messages(0, 400));
    const store = await opened(chat, 'm300');
    const older = store.older();
    await store.jump('m50');
    await older;
    expect(ids(store)[0]).toBe('m0');
    expect(ids(store)).not.toContain('m250');
  });

  test('a jump to a loaded message does not load', async () => {
    const chat = new MemoryChat(messages(0, 10));
    const store = await opened(chat);
    await store.jump('m4');
    expect(chat.queries).toHaveLength(1);
    expect(store.snapshot().wish).toEqual({ to: 'message', id: 'm4' });
  });

  test('回到最新消息 loads the end when it is not in memory', async () => {
    const store = await opened(new MemoryChat(messages(0, 400)), 'm50');
    await store.latest('m399');
    expect(ids(store).at(-1)).toBe('m399');
    expect(store.snapshot().wish).toEqual({ to: 'end' });
  });
});

describe('a page that can not be read', () => {
  test('leaves the rest on the screen, says which, and can be tried again', async () => {
    const chat = new MemoryChat(messages(0, 300));
    const store = await opened(chat);
    const reason = new Error('busy');
    const read = vi.spyOn(chat, 'history').mockRejectedValueOnce(reason);
    await store.older();
    expect(store.snapshot().problem).toEqual({ reading: 'older', error: reason });
    expect(ids(store)).toHaveLength(100);
    await store.retry();
    expect(store.snapshot().problem).toBeNull();
    expect(ids(store)).toHaveLength(200);
    read.mockRejectedValueOnce(reason);
    await store.refresh();
    expect(store.snapshot().problem).toEqual({ reading: 'changes', error: reason });
  });
});

describe('changes', () => {
  test('new messages, late arrivals and delivery appear in place', async () => {
    const chat = new MemoryChat(messages(0, 250));
    const store = await opened(chat);
    await store.older();
    const late = aMessage({ id: 'late', late: true });
    chat.all = [...chat.all.slice(0, 180), late, ...chat.all.slice(180), aMessage({ id: 'new' })];
    chat.all[200] = { ...chat.all[200], read: 1 } as Message;
    await store.refresh();
    expect(ids(store)).toEqual(chat.all.slice(50).map((m) => m.id));
    expect(store.snapshot().rows[150]?.message.read).toBe(1);
  });

  test('a window in the past is not pulled to the end', async () => {
    const chat = new MemoryChat(messages(0, 400));
    const store = await opened(chat, 'm50');
    const before = ids(store);
    chat.all = [...chat.all, aMessage({ id: 'new' })];
    await store.refresh();
    expect(ids(store).slice(0, before.length)).toEqual(before);
    expect(ids(store)).not.toContain('new');
    expect(store.snapshot().hasNewer).toBe(true);
  });

  test('a burst of changes is read once more, not once each', async () => {
    const chat = new MemoryChat(messages(0, 10));
    const store = await opened(chat);
    await Promise.all(Array.from({ length: 20 }, () => store.refresh()));
    expect(chat.queries.length).toBeLessThanOrEqual(3);
  });

  test('the first message of an empty chat appears', async () => {
    const chat = new MemoryChat([]);
    const store = await opened(chat);
    chat.all = [aMessage({ id: 'first' })];
    await store.refresh();
    expect(ids(store)).toEqual(['first']);
  });
});

describe('sending', () => {
  const draft = aMessage({ id: 'client', text: '灰度正常', own: true, state: 'saved' });

  test('shows the message at once and keeps its row when it is saved', async () => {
    const store = await opened(new MemoryChat(messages(0, 2)));
    const done = store.send(draft, 'client');
    expect(store.snapshot().rows.at(-1)).toMatchObject({ key: 'client', sending: true });
    await done;
    expect(store.snapshot().rows.at(-1)).toMatchObject({ key: 'client', sending: false, message: { id: 'saved-client' } });
    expect(store.snapshot().rows).toHaveLength(3);
  });

  test('takes the message away again and says why when it was refused', async () => {
    const chat = new MemoryChat(messages(0, 2));
    const store = await opened(chat);
    chat.send.mockRejectedValueOnce(new Error('too long'));
    await expect(store.send(draft, 'client')).rejects.toThrow('too long');
    expect(ids(store)).toEqual(['m0', 'm1']);
  });

  test('keeps the order written, and one failure does not stop the next', async () => {
    const chat = new MemoryChat([]);
    const store = await opened(chat);
    chat.send.mockRejectedValueOnce(new Error('disk full'));
    const first = store.send(draft, 'a').catch(() => 'failed');
    const rest = [store.send(draft, 'b'), store.send(draft, 'c')];
    expect(await first).toBe('failed');
    await Promise.all(rest);
    expect(ids(store)).toEqual(['saved-b', 'saved-c']);
  });

  test('a change that arrives in between does not show it twice, not even for a moment', async () => {
    const chat = new MemoryChat(messages(0, 2));
    let answer: () => void = () => undefined;
    chat.send.mockImplementationOnce((_chat, text, clientId) => {
      const saved = aMessage({ id: `saved-${clientId}`, text, own: true, state: 'saved' });
      chat.all = [...chat.all, saved];
      return new Promise((resolve) => (answer = () => resolve(saved)));
    });
    const store = await opened(chat);
    const most = { shown: 0 };
    store.subscribe(() => {
      most.shown = Math.max(most.shown, store.snapshot().rows.filter((row) => row.message.text === draft.text).length);
    });
    const tick = () => new Promise((resolve) => setTimeout(resolve, 0));
    const done = store.send(draft, 'client');
    await tick();
    const refreshed = store.refresh();
    await tick();
    answer();
    await Promise.all([refreshed, done]);
    expect(ids(store)).toEqual(['m0', 'm1', 'saved-client']);
    expect(most.shown).toBe(1);
  });

  test('from the past it goes to the end', async () => {
    const store = await opened(new MemoryChat(messages(0, 400)), 'm50');
    await store.send(draft, 'client');
    expect(ids(store).at(-1)).toBe('saved-client');
    expect(store.snapshot().wish).toEqual({ to: 'end' });
  });
});
