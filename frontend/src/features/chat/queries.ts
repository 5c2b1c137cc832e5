// What the chat screens read and write, and which events make what stale.

import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { QueryClient } from '@tanstack/react-query';
import { last } from '../../lib/last';
import type { StaleAfter } from '../../platform/events';
import { chatApi } from './api';
import type { GroupInput, SearchFilter } from './api';
import { sortChats } from './model';
import type { Chat } from './model';

const keys = {
  list: ['chat', 'list'],
  members: (chatId: string) => ['chat', 'members', chatId],
  delivery: (messageId: string) => ['chat', 'delivery', messageId],
  search: (filter: SearchFilter) => ['chat', 'search', filter],
  people: (text: string, departmentId: string) => ['chat', 'people', text, departmentId],
  departments: ['chat', 'departments'],
};

/** Search results stay: a list that changes while it is read is worse than one that is a moment old. */
export const staleAfter: StaleAfter = {
  'chat.changed': [keys.list, ['chat', 'members'], ['chat', 'delivery']],
  'org.changed': [keys.list, ['chat', 'members'], ['chat', 'people'], keys.departments],
  'rules.changed': [keys.list, ['chat', 'members'], ['chat', 'people']],
  connections: [['chat', 'members'], ['chat', 'people']],
};

export const chatsQuery = queryOptions({ queryKey: keys.list, queryFn: chatApi.chats, select: sortChats });

export const membersQuery = (chatId: string) =>
  queryOptions({ queryKey: keys.members(chatId), queryFn: () => chatApi.members(chatId) });

export const deliveryQuery = (messageId: string) =>
  queryOptions({ queryKey: keys.delivery(messageId), queryFn: () => chatApi.delivery(messageId) });

export const peopleQuery = (text: string, departmentId: string) =>
  queryOptions({
    queryKey: keys.people(text, departmentId),
    queryFn: () => chatApi.people(text, departmentId),
    placeholderData: keepPreviousData,
  });

export const departmentsQuery = queryOptions({ queryKey: keys.departments, queryFn: chatApi.departments });

/** Results shown at a time. */
const SEARCH_PAGE = 50;

export const searchQuery = (filter: SearchFilter) =>
  infiniteQueryOptions({
    queryKey: keys.search(filter),
    queryFn: ({ pageParam }) => chatApi.search({ ...filter, before: pageParam, limit: SEARCH_PAGE }),
    initialPageParam: '',
    getNextPageParam: (page) => (page.more ? last(page.hits)?.message.id : undefined),
    enabled: filter.text.trim() !== '',
    placeholderData: keepPreviousData,
    // What was found before is searched for again when one comes back to it.
    staleTime: 0,
  });

/** Puts a chat that was just opened or created into the list, so that its screen is there at once. */
function show(client: QueryClient, chat: Chat): void {
  client.setQueryData<Chat[]>(keys.list, (chats = []) => [chat, ...chats.filter((c) => c.id !== chat.id)]);
}

function patch(client: QueryClient, chatId: string, change: Partial<Chat>): void {
  client.setQueryData<Chat[]>(keys.list, (chats) => chats?.map((c) => (c.id === chatId ? { ...c, ...change } : c)));
}

export function useOpenDirect() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (userId: string) => chatApi.openDirect(userId),
    onSuccess: (chat) => show(client, chat),
  });
}

export function useCreateGroup() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: GroupInput) => chatApi.createGroup(input),
    onSuccess: (chat) => show(client, chat),
  });
}

export function useAddMembers(chatId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (userIds: string[]) => chatApi.addMembers(chatId, userIds),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.members(chatId) }),
  });
}

export function useRenameGroup(chatId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => chatApi.renameGroup(chatId, name),
    onSuccess: (_done, name) => patch(client, chatId, { name }),
  });
}

/** What a reader notes about a chat. */
export type Mark = { pinned: boolean } | { muted: boolean } | { read: string } | { unread: true };

/** Pins and mutes show at once; whatever happens, the list is read again afterwards. */
export function useMarkChat() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ chatId, mark }: { chatId: string; mark: Mark }) => saveMark(chatId, mark),
    onMutate: ({ chatId, mark }) => {
      if ('pinned' in mark || 'muted' in mark) patch(client, chatId, mark);
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.list }),
  });
}

function saveMark(chatId: string, mark: Mark): Promise<null> {
  if ('pinned' in mark) return chatApi.setPinned(chatId, mark.pinned);
  if ('muted' in mark) return chatApi.setMuted(chatId, mark.muted);
  if ('read' in mark) return chatApi.markRead(chatId, mark.read);
  return chatApi.markUnread(chatId);
}

export function useSaveDraft() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ chatId, text }: { chatId: string; text: string }) => chatApi.saveDraft(chatId, text),
    onMutate: ({ chatId, text }) => patch(client, chatId, { draft: text }),
  });
}
