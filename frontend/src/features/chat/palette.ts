// What the chat feature offers in the command palette: chats, people, the newest messages that were found, and the
// search for all of them.

import type { QueryClient } from '@tanstack/react-query';
import type { Person } from '../../platform/api';
import type { PaletteContext, PaletteItem } from '../../platform/feature';
import type { Go } from '../../platform/navigation';
import { IconMessage, IconMessageCircle, IconPlus, IconSearch, IconUser } from '../../ui/icons';
import { chatApi } from './api';
import type { Hit } from './api';
import { leadIn, oneLine, splitRanges } from './model';
import type { Chat } from './model';
import { detailOf } from './people';
import { chatsQuery, peopleQuery } from './queries';

/** Items of a kind; the person types on when theirs is not among them. */
const MOST = 5;

/** Messages are many: from so many characters on they are searched, and so many are shown. */
const SEARCH_FROM = 2;
const MOST_MESSAGES = 3;

export async function chatPalette(query: string, { t, go, client }: PaletteContext): Promise<PaletteItem[]> {
  const [chats, people, hits] = await Promise.all([findChats(client, query), findPeople(client, query), findMessages(query)]);
  const groups = { chats: t('chat:palette.chats'), people: t('chat:palette.people'), messages: t('chat:palette.messages') };
  return [
    ...chats.map((chat) => chatItem(chat, groups.chats, t('chat:pane.members', { n: chat.members }), go)),
    ...people.map((person) => personItem(person, groups.people, go)),
    ...hits.map((hit) => hitItem(hit, groups.messages, go)),
    {
      id: 'chat search',
      group: groups.messages,
      label: query ? t('chat:palette.searchFor', { text: query }) : t('chat:palette.searchMessages'),
      icon: IconSearch,
      run: () => go('/chat', { panel: 'search', q: query }),
    },
    ...(query ? [] : [{ id: 'chat new', group: groups.messages, label: t('chat:palette.newChat'), icon: IconPlus, run: () => go('/chat', { new: '1' }) }]),
  ];
}

/** The chats whose name fits; without a query those written in last. */
async function findChats(client: QueryClient, query: string): Promise<Chat[]> {
  const chats = await client.query({ ...chatsQuery, staleTime: 'static' });
  const wanted = query.toLowerCase();
  return chats.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, MOST);
}

async function findPeople(client: QueryClient, query: string): Promise<Person[]> {
  if (query === '') return [];
  const people = await client.query(peopleQuery(query, ''));
  return people.filter(({ self }) => !self).slice(0, MOST);
}

async function findMessages(query: string): Promise<Hit[]> {
  if (Array.from(query).length < SEARCH_FROM) return [];
  return (await chatApi.search({ text: query, chatId: '', senderId: '', before: '', limit: MOST_MESSAGES })).hits;
}

function hitItem({ message, chatName, ranges }: Hit, group: string, go: Go): PaletteItem {
  const text = leadIn(splitRanges(message.text, ranges)).map((part) => part.text);
  return {
    id: `message ${message.id}`,
    group,
    label: oneLine(text.join('')),
    hint: [message.senderName, chatName].filter((name, index, names) => names.indexOf(name) === index).join(' · '),
    icon: IconMessage,
    run: () => go('/chat', { chat: message.chatId, message: message.id }),
  };
}

function chatItem({ id, kind, name, mentioned }: Chat, group: string, members: string, go: Go): PaletteItem {
  const hint = kind === 'group' && !mentioned ? { hint: members } : {};
  return { id: `chat ${id}`, group, label: name, icon: IconMessageCircle, ...hint, run: () => go('/chat', { chat: id }) };
}

function personItem(person: Person, group: string, go: Go): PaletteItem {
  return {
    id: `person ${person.userId}`,
    group,
    label: person.name,
    hint: detailOf(person),
    icon: IconUser,
    run: () => go('/chat', { person: person.userId }),
  };
}
