import type { FakeBackend, Handlers } from '../fake-backend';
import { demoChats } from './chat-data';
import type { DemoChat, DemoMessage } from './chat-data';
import { NOW } from './clock';
import { ME, person } from './people';

const PAGE = 50;

interface HistoryQuery {
  chatId: string;
  before: string;
  after: string;
  around: string;
  limit: number;
}

interface SearchQuery {
  text: string;
  chatId: string;
  senderId: string;
}

/** Chats that can be read, searched and written to. */
export function demoChat(backend: FakeBackend): Handlers {
  const chats = demoChats();
  let written = 0;

  const chat = (id: string): DemoChat => {
    const found = chats.find((one) => one.id === id);
    if (!found) throw new Error(`no chat ${id}`);
    return found;
  };
  const change = (id: string, values: Partial<DemoChat>) => {
    Object.assign(chat(id), values);
    backend.emit('chat.changed', { chat: id });
  };

  return {
    Chats: () => chats.map(dto),
    OpenDirect: (userId: string) => dto(chat(`direct-${userId}`)),
    CreateGroup: ({ name, members }: { name: string; members: string[] }) => {
      const made = { ...chat('oncall'), id: `group-${chats.length}`, name, members: [ME, ...members], unread: 0, messages: [] };
      chats.unshift(made);
      return dto(made);
    },
    AddMembers: (id: string, userIds: string[]) => {
      change(id, { members: [...chat(id).members, ...userIds] });
    },
    RenameGroup: (id: string, name: string) => {
      change(id, { name });
    },
    Members: (id: string) =>
      chat(id).members.map((userId, index) => ({ userId, name: person(userId).name, role: index === 0 ? 'owner' : 'member', online: person(userId).online })),
    History: (query: HistoryQuery) => history(chat(query.chatId), query),
    Send: ({ chatId, text }: { chatId: string; text: string }) => {
      written++;
      const { members, messages } = chat(chatId);
      const message: DemoMessage = {
        id: `${chatId}-new${written}`,
        chatId,
        senderId: ME,
        senderName: person(ME).name,
        text,
        at: new Date(NOW + written * 1000).toISOString(),
        own: true,
        late: false,
        state: 'saved',
        received: 0,
        total: members.length - 1,
        read: 0,
      };
      change(chatId, { messages: [...messages, message], draft: '' });
      return message;
    },
    Delivery: (messageId: string) => {
      const message = chats.flatMap(({ messages }) => messages).find(({ id }) => id === messageId);
      const others = chats.find(({ id }) => id === message?.chatId)?.members.filter((userId) => userId !== ME) ?? [];
      const who = (userId: string) => ({ userId, name: person(userId).name });
      const reached = message?.received ?? 0;
      return {
        savedAt: message?.at ?? '',
        total: others.length,
        received: others.slice(0, reached).map((userId, index) => ({ ...who(userId), read: index < (message?.read ?? 0) })),
        waiting: others.slice(reached).map(who),
        onRelay: message?.own === true && message.state !== 'saved',
      };
    },
    MarkRead: (id: string) => {
      change(id, { unread: 0, mentioned: false });
    },
    MarkUnread: (id: string) => {
      change(id, { unread: 1 });
    },
    SaveDraft: (id: string, draft: string) => {
      Object.assign(chat(id), { draft });
    },
    SetMuted: (id: string, muted: boolean) => {
      change(id, { muted });
    },
    SetPinned: (id: string, pinned: boolean) => {
      change(id, { pinned });
    },
    Search: (query: SearchQuery) => search(chats, query),
  };
}

function dto({ messages, members, ...rest }: DemoChat) {
  const last = messages[messages.length - 1];
  return {
    ...rest,
    members: members.length,
    last: last ? { id: last.id, text: last.text, senderId: last.senderId, senderName: last.senderName, at: last.at, own: last.own } : null,
    canSend: true,
    canManage: rest.kind === 'group',
  };
}

/** What the house rule has let go in groups. */
const KEPT_FROM = '2025-11-20T00:00:00.000Z';

function history({ messages, unread, kind }: DemoChat, { before, after, around, limit }: HistoryQuery) {
  const size = limit || PAGE;
  const at = (id: string) => messages.findIndex((message) => message.id === id);
  const others = messages.filter(({ own }) => !own);
  const firstUnread = unread > 0 ? (others[others.length - unread]?.id ?? '') : '';
  let from = Math.max(0, messages.length - size);
  if (before) from = Math.max(0, at(before) - size);
  else if (after) from = at(after) + 1;
  else if (around) from = Math.max(0, at(around) - Math.floor(size / 2));
  const to = before ? at(before) : Math.min(messages.length, from + size);
  return { messages: messages.slice(from, to), hasOlder: from > 0, hasNewer: to < messages.length, filling: false, firstUnread, keptFrom: kind === 'group' ? KEPT_FROM : '' };
}

function search(chats: readonly DemoChat[], { text, chatId, senderId }: SearchQuery) {
  const query = text.toLowerCase();
  const hits = chats
    .filter(({ id }) => chatId === '' || id === chatId)
    .flatMap(({ name, kind, messages }) => messages.map((message) => ({ message, chatName: name, chatKind: kind })))
    .filter(({ message }) => (senderId === '' || message.senderId === senderId) && message.text.toLowerCase().includes(query))
    .sort((a, b) => b.message.at.localeCompare(a.message.at))
    .slice(0, PAGE)
    .map((hit) => {
      const start = hit.message.text.toLowerCase().indexOf(query);
      return { ...hit, ranges: [[start, start + query.length]] };
    });
  return { hits, indexing: 0, more: false };
}
