// The only caller of the chat bindings. DTOs are what the backend sends; the rest of
// the feature sees the types of model.ts.

import type { Person } from '../../platform/api';
import { call } from '../../platform/bindings';
import type { HistoryPage } from './history';
import type { HistorySource, PageQuery } from './history-store';
import type { Chat, LastMessage, Message } from './model';

interface MessageDTO extends Omit<Message, 'at'> {
  at: string;
}

interface ChatDTO extends Omit<Chat, 'last'> {
  last: (Omit<LastMessage, 'at'> & { at: string }) | null;
}

interface HistoryDTO extends Omit<HistoryPage, 'messages' | 'keptFrom'> {
  messages: MessageDTO[];
  keptFrom: string;
}

interface HitDTO extends Omit<Hit, 'message'> {
  message: MessageDTO;
}

interface SearchDTO extends Omit<SearchResult, 'hits'> {
  hits: HitDTO[];
}

interface DeliveryDTO extends Omit<Delivery, 'savedAt'> {
  savedAt: string;
}

export interface Hit {
  message: Message;
  chatName: string;
  chatKind: Chat['kind'];
  /** What matched, [start, end) in UTF-16 code units of the text. */
  ranges: [number, number][];
}

export interface SearchFilter {
  text: string;
  /** "" for all chats. */
  chatId: string;
  /** "" for anyone. */
  senderId: string;
}

export interface SearchQuery extends SearchFilter {
  /** Id of the last hit of the page before, "" for the first page. */
  before: string;
  limit: number;
}

export interface SearchResult {
  hits: Hit[];
  /** Messages that wait to be indexed and can not be found yet. */
  indexing: number;
  more: boolean;
}

export interface Recipient {
  userId: string;
  name: string;
  read: boolean;
}

export interface Delivery {
  savedAt: number;
  total: number;
  received: Recipient[];
  waiting: Omit<Recipient, 'read'>[];
  /** A relay of the team has said that it durably stores the message. */
  onRelay: boolean;
}

export interface ChatMember {
  userId: string;
  name: string;
  role: 'owner' | 'admin' | 'member';
  online: boolean;
}

export interface Department {
  id: string;
  parentId: string;
  name: string;
}

export interface GroupInput {
  name: string;
  purpose: string;
  members: string[];
}

const time = (text: string): number => (text ? Date.parse(text) : 0);

const toMessage = (dto: MessageDTO): Message => ({ ...dto, at: time(dto.at) });

function toChat(dto: ChatDTO): Chat {
  // A chat without messages has an empty last message, not a missing one.
  const last = dto.last?.id ? { ...dto.last, at: time(dto.last.at) } : null;
  return { ...dto, last };
}

export const chatApi = {
  chats: async (): Promise<Chat[]> => (await call<ChatDTO[]>('chat', 'Chats')).map(toChat),
  openDirect: async (userId: string): Promise<Chat> => toChat(await call<ChatDTO>('chat', 'OpenDirect', userId)),
  createGroup: async (input: GroupInput): Promise<Chat> => toChat(await call<ChatDTO>('chat', 'CreateGroup', input)),
  addMembers: (chatId: string, userIds: string[]) => call<null>('chat', 'AddMembers', chatId, userIds),
  renameGroup: (chatId: string, name: string) => call<null>('chat', 'RenameGroup', chatId, name),
  members: (chatId: string) => call<ChatMember[]>('chat', 'Members', chatId),
  markRead: (chatId: string, messageId: string) => call<null>('chat', 'MarkRead', chatId, messageId),
  markUnread: (chatId: string) => call<null>('chat', 'MarkUnread', chatId),
  saveDraft: (chatId: string, text: string) => call<null>('chat', 'SaveDraft', chatId, text),
  setMuted: (chatId: string, muted: boolean) => call<null>('chat', 'SetMuted', chatId, muted),
  setPinned: (chatId: string, pinned: boolean) => call<null>('chat', 'SetPinned', chatId, pinned),
  delivery: async (messageId: string): Promise<Delivery> => {
    const dto = await call<DeliveryDTO>('chat', 'Delivery', messageId);
    return { ...dto, savedAt: time(dto.savedAt) };
  },
  search: async (query: SearchQuery): Promise<SearchResult> => {
    const dto = await call<SearchDTO>('chat', 'Search', query);
    return { ...dto, hits: dto.hits.map((hit) => ({ ...hit, message: toMessage(hit.message) })) };
  },
  // To choose people they are searched for in the directory.
  people: async (text: string, departmentId: string): Promise<Person[]> =>
    (await call<{ members: Person[] }>('org', 'Members', { text, departmentId, standing: 'active', kind: '', role: '', limit: 0, offset: 0 })).members,
  departments: () => call<Department[]>('org', 'Departments'),
};

export const historySource: HistorySource = {
  history: async ({ chatId, before = '', after = '', around = '', limit }: PageQuery): Promise<HistoryPage> => {
    const dto = await call<HistoryDTO>('chat', 'History', { chatId, before, after, around, limit });
    return { ...dto, messages: dto.messages.map(toMessage), keptFrom: dto.keptFrom === '' ? 0 : Date.parse(dto.keptFrom) };
  },
  send: async (chatId, text, clientId) => toMessage(await call<MessageDTO>('chat', 'Send', { chatId, text, clientId })),
};
