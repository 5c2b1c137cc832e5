import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Fault } from '../../../platform/fault';
import { FakeBackend, rejection } from '../../../platform/testing/fake-backend';
import { fakeLayout } from '../../../platform/testing/layout';
import { anAppState, renderScreen } from '../../../platform/testing/render';
import type { Message } from '../model';
import { staleAfter } from '../queries';
import { aChat, aMessage, messages } from '../testing';
import { READ_AFTER_MS } from '../use-read-mark';
import { ChatScreen } from './chat-screen';

beforeAll(fakeLayout);

const me = { userId: 'me', name: '周明轩', self: true };
const lin = { userId: 'u1', name: '林晓雯', self: false };
const person = (who: typeof me) => ({ pinyin: '', staffNo: '', departmentPath: [], position: '', phone: '', email: '', online: true, avatar: 2, ...who });

interface Story {
  list?: Message[];
  unread?: number;
  firstUnread?: string;
  keptFrom?: string;
}

/** One group with the given messages, and an empty chat with 林晓雯. */
function backend({ list = messages(1, 3), unread = 0, firstUnread = '', keptFrom = '' }: Story = {}) {
  const iso = (message: Message) => ({ ...message, at: new Date(message.at).toISOString() });
  const state = { list, unread };
  const fake = new FakeBackend()
    .handle('app', { State: () => anAppState() })
    .handle('org', { Members: () => ({ members: [person(me), person(lin)], total: 2 }), Departments: () => [] })
    .handle('chat', {
      Chats: () => [
        { ...aChat({ id: 'c1', unread: state.unread, canManage: true }), last: null },
        { ...aChat({ id: 'c2', kind: 'direct', name: '林晓雯', peerUserId: 'u1', draft: '写到一半' }), last: null },
      ],
      Members: () => [],
      History: ({ chatId }: { chatId: string }) => ({ messages: chatId === 'c1' ? state.list.map(iso) : [], hasOlder: false, hasNewer: false, firstUnread, keptFrom }),
      Send: ({ text, clientId }: { text: string; clientId: string }) => {
        const saved = aMessage({ id: `saved-${clientId}`, text, own: true, state: 'saved', received: 0, total: 1, senderId: 'me' });
        state.list = [...state.list, saved];
        return iso(saved);
      },
      MarkRead: () => null,
      SaveDraft: () => null,
      SetPinned: () => null,
      Delivery: () => ({
        savedAt: '2026-11-21T02:42:00.000Z',
        total: 2,
        received: [{ userId: 'u1', name: '林晓雯', read: true }],
        waiting: [{ userId: 'u9', name: '陈思远' }],
        onRelay: true,
      }),
      OpenDirect: () => ({ ...aChat({ id: 'c2', kind: 'direct', name: '林晓雯', peerUserId: 'u1' }), last: null }),
      CreateGroup: ({ name }: { name: string }) => ({ ...aChat({ id: 'c3', name }), last: null }),
      Search: () => ({
        hits: [{ message: iso(aMessage({ id: 'm2', text: '灰度 20% 正常' })), chatName: '产品需求评审', chatKind: 'group', ranges: [[0, 2]] }],
        indexing: 0,
        more: false,
      }),
    })
    .install();
  return { fake, state };
}

const open = (at: string) => renderScreen(<ChatScreen />, { at, staleAfter });

async function write(text: string): Promise<void> {
  const editor = await screen.findByRole('textbox', { name: /消息输入框/ });
  fireEvent.paste(editor, { clipboardData: { getData: () => text, files: [], types: [] } });
  fireEvent.keyDown(editor, { key: 'Enter', keyCode: 13 });
}

let focused = true;
beforeEach(() => {
  focused = true;
  vi.spyOn(document, 'hasFocus').mockImplementation(() => focused);
});

describe('list', () => {
  test('shows drafts and opens a chat; what is open is in the address', async () => {
    backend();
    const { place } = await open('/chat');
    const row = await screen.findByRole('option', { name: /林晓雯/ });
    expect(row).toHaveTextContent('[草稿]写到一半');
    fireEvent.click(row);
    expect(await screen.findByRole('heading', { name: '林晓雯' })).toBeVisible();
    expect(place()).toContain('chat=c2');
    expect(screen.getByText('还没有消息。写下第一句')).toBeVisible();
  });

  test('Alt and arrow steps through the chats from anywhere', async () => {
    backend();
    const { place } = await open('/chat?chat=c1');
    await screen.findByRole('heading', { name: '产品需求评审' });
    fireEvent.keyDown(window, { key: 'ArrowDown', altKey: true });
    expect(await screen.findByRole('heading', { name: '林晓雯' })).toBeVisible();
    expect(place()).toContain('chat=c2');
  });

  test('says what 未读 leaves when there is nothing, and the way back', async () => {
    backend();
    await open('/chat');
    await screen.findByRole('option', { name: /林晓雯/ });
    fireEvent.click(screen.getByRole('radio', { name: '未读' }));
    expect(screen.getByText('没有未读消息')).toBeVisible();
    fireEvent.click(screen.getByRole('button', { name: '查看全部会话' }));
    expect(screen.getByRole('option', { name: /林晓雯/ })).toBeVisible();
  });

  test('an address of an unknown chat says so', async () => {
    backend();
    await open('/chat?chat=gone');
    expect(await screen.findByText(/没有找到这个会话/)).toBeVisible();
  });

  test('a link to a person opens the chat with them', async () => {
    const { fake } = backend();
    const { place } = await open('/chat?person=u1');
    expect(await screen.findByRole('heading', { name: '林晓雯' })).toBeVisible();
    expect(place()).toContain('chat=c2');
    expect(fake.callsOf('chat.OpenDirect')).toEqual([['u1']]);
  });
});

describe('sending', () => {
  test('a message is there at once and is honest about where it is', async () => {
    backend();
    await open('/chat?chat=c1');
    await write('同意，今晚放量');
    const bubble = await screen.findByText('同意，今晚放量');
    const row = bubble.closest('article');
    if (!row) throw new Error('no row');
    expect(await within(row).findByRole('button', { name: /已保存到本机/ })).toBeVisible();
    expect(within(row).queryByText(/已送达/)).toBeNull();
  });

  test('a refused message gives its text back with the reason', async () => {
    const { fake } = backend();
    fake.handle('chat', {
      Send: () => {
        throw rejection(new Fault('chat.too_long', { max: '10000' }));
      },
    });
    await open('/chat?chat=c1');
    await write('太长的消息');
    expect(await screen.findByRole('alert')).toHaveTextContent('没能发送：消息最多 10000 字。分成几条发送');
    expect(screen.getByRole('textbox', { name: /消息输入框/ })).toHaveTextContent('太长的消息');
    expect(screen.queryByRole('article', { name: /周明轩/ })).toBeNull();
  });

  test('a click on the state shows who has it and who does not', async () => {
    backend({ list: [aMessage({ own: true, received: 1, total: 2, read: 1 })] });
    await open('/chat?chat=c1');
    fireEvent.click(await screen.findByRole('button', { name: /已送达 1\/2 人/ }));
    const got = await screen.findByRole('region', { name: '已收到' });
    expect(got).toHaveTextContent('林晓雯已读');
    expect(screen.getByRole('region', { name: '还没收到' })).toHaveTextContent('陈思远');
  expect(screen.getByRole('region', { name: '还没收到' })).toHaveTextContent('会从中继收到');
  expect(screen.getByText('中继已存好一份加密的副本')).toBeInTheDocument();
  });
});

describe('history', () => {
  test('says above the first message what was let go by the house rule, and in a chat that lost all', async () => {
    const { state } = backend({ keptFrom: '2026-03-05T00:00:00.000Z' });
    const { unmount } = await open('/chat?chat=c1');
    expect(await screen.findByText('2026年3月5日之前的消息已按公司规定清理')).toBeInTheDocument();
    unmount();
    state.list = [];
    await open('/chat?chat=c1');
    expect(await screen.findByText('2026年3月5日之前的消息已按公司规定清理')).toBeInTheDocument();
    expect(screen.getByText('还没有新的消息')).toBeInTheDocument();
  });

  test('the line of new messages stands once, above the first unread one', async () => {
    backend({ list: messages(1, 4), unread: 2, firstUnread: 'm3' });
    await open('/chat?chat=c1');
    const line = await screen.findByRole('separator', { name: '以下是新消息' });
    expect(screen.getAllByRole('separator', { name: '以下是新消息' })).toHaveLength(1);
    expect(line.parentElement).toHaveAttribute('data-index', '2');
  });

  test('is marked read after half a second in the focused window, not by opening it', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const { fake } = backend({ list: messages(1, 4), unread: 2, firstUnread: 'm3' });
    focused = false;
    await open('/chat?chat=c1');
    await screen.findByRole('separator', { name: '以下是新消息' });
    await act(() => vi.advanceTimersByTimeAsync(10_000));
    expect(fake.callsOf('chat.MarkRead')).toEqual([]);
    focused = true;
    act(() => {
      window.dispatchEvent(new Event('focus'));
    });
    await act(() => vi.advanceTimersByTimeAsync(READ_AFTER_MS));
    expect(fake.callsOf('chat.MarkRead')).toEqual([['c1', 'm4']]);
    vi.useRealTimers();
  });

  test('what comes in appears, and is read out', async () => {
    const { fake, state } = backend();
    fake.handle('chat', {
      Chats: () => {
        const newest = state.list[state.list.length - 1];
        return [{ ...aChat({ id: 'c1' }), last: newest && { ...newest, at: new Date(newest.at).toISOString() } }];
      },
    });
    await open('/chat?chat=c1');
    await screen.findByRole('log');
    state.list = [...state.list, aMessage({ id: 'new', text: '收到', at: Date.now() })];
    act(() => fake.emit('chat.changed', { chat: 'c1' }));
    expect(await screen.findByText('收到', { selector: 'article *' })).toBeVisible();
    expect(await screen.findByText('林晓雯：收到')).toBeInTheDocument();
  });

  test('what can not be read says so and can be tried again', async () => {
    const { fake } = backend();
    const read = vi.fn(() => {
      throw rejection(new Fault('store.damaged'));
    });
    fake.handle('chat', { History: read });
    await open('/chat?chat=c1');
    expect(await screen.findByText('消息记录没能读取。消息都还在本机')).toBeVisible();
    fireEvent.click(screen.getByRole('button', { name: '重试' }));
    await waitFor(() => expect(read).toHaveBeenCalledTimes(2));
  });
});

describe('new chat (R37)', () => {
  test('one person is a direct chat', async () => {
    const { fake } = backend();
    await open('/chat?new=1');
    const dialog = await screen.findByRole('dialog', { name: '新建会话' });
    fireEvent.click(await within(dialog).findByRole('option', { name: /林晓雯/ }));
    fireEvent.click(within(dialog).getByRole('button', { name: '开始聊天' }));
    expect(await screen.findByRole('heading', { name: '林晓雯' })).toBeVisible();
    expect(fake.callsOf('chat.OpenDirect')).toEqual([['u1']]);
  });

  test('several are a group, which needs a name', async () => {
    const { fake } = backend();
    const chen = { ...lin, userId: 'u2', name: '陈思远' };
    fake.handle('org', { Members: () => ({ members: [person(me), person(lin), person(chen)], total: 3 }) });
    await open('/chat?new=1');
    const dialog = await screen.findByRole('dialog', { name: '新建会话' });
    for (const name of [/林晓雯/, /陈思远/]) fireEvent.click(await within(dialog).findByRole('option', { name }));
    fireEvent.click(within(dialog).getByRole('button', { name: '创建群聊' }));
    expect(within(dialog).getByText('给群起个名字，成员才知道它用来做什么')).toBeVisible();
    expect(fake.callsOf('chat.CreateGroup')).toEqual([]);
    fireEvent.change(within(dialog).getByRole('textbox', { name: /群名称/ }), { target: { value: ' 官网改版 ' } });
    fireEvent.click(within(dialog).getByRole('button', { name: '创建群聊' }));
    expect(await screen.findByRole('heading', { name: '官网改版' })).toBeVisible();
    expect(fake.callsOf('chat.CreateGroup')).toEqual([[{ name: '官网改版', purpose: '', members: ['u1', 'u2'] }]]);
  });
});

describe('search (R57)', () => {
  test('marks what matched and leads to the message', async () => {
    const { fake } = backend();
    const { place } = await open('/chat?panel=search&q=灰度');
    const hit = await screen.findByRole('button', { name: /灰度 20% 正常/ });
    expect(within(hit).getByText('灰度')).toHaveProperty('tagName', 'MARK');
    expect(fake.callsOf('chat.Search')).toEqual([[{ text: '灰度', chatId: '', senderId: '', before: '', limit: 50 }]]);
    fireEvent.click(hit);
    expect(await screen.findByRole('heading', { name: '产品需求评审' })).toBeVisible();
    expect(place()).toContain('panel=search');
  });

  test('differs between no match and filtered out', async () => {
    const { fake } = backend();
    fake.handle('chat', { Search: () => ({ hits: [], indexing: 3, more: false }) });
    await open('/chat?panel=search&q=zrx&in=c1');
    expect(await screen.findByText('没有符合筛选的结果')).toBeVisible();
    expect(screen.getByText('还有 3 条消息正在建立索引，稍后也能找到')).toBeVisible();
    fireEvent.click(screen.getByRole('button', { name: '清除筛选' }));
    expect(await screen.findByText('没有找到「zrx」')).toBeVisible();
  });
});
