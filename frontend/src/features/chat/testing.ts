// Builders for the tests of this feature; the app never imports this file.

import type { HistoryPage } from './history';
import type { Chat, Message } from './model';

export function aMessage(change: Partial<Message> = {}): Message {
  return {
    id: 'm1',
    chatId: 'c1',
    senderId: 'u1',
    senderName: '林晓雯',
    text: '好的',
    at: 0,
    own: false,
    late: false,
    state: 'received',
    received: 1,
    total: 1,
    read: 0,
    ...change,
  };
}

export function aChat({ at = 0, ...change }: Partial<Chat> & { at?: number } = {}): Chat {
  return {
    id: 'c1',
    kind: 'group',
    name: '产品需求评审',
    purpose: '',
    peerUserId: '',
    members: 6,
    avatar: 1,
    last: { id: 'm1', text: '好的', senderId: 'u1', senderName: '林晓雯', at, own: false },
    unread: 0,
    mentioned: false,
    draft: '',
    muted: false,
    pinned: false,
    canSend: true,
    canManage: true,
    ...change,
  };
}

/** `count` messages m<from>…, a minute apart. */
export function messages(from: number, count: number, change: Partial<Message> = {}): Message[] {
  return Array.from({ length: count }, (_, i) => aMessage({ id: `m${from + i}`, at: (from + i) * 60_000, ...change }));
}

export function aPage(list: Message[], change: Partial<HistoryPage> = {}): HistoryPage {
  return { messages: list, hasOlder: false, hasNewer: false, filling: false, firstUnread: '', keptFrom: 0, ...change };
}
