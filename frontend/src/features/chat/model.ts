// Pure helpers of the chat feature: no React, no clock, no bindings. Everything
// here is decided by its arguments, so the tests need no fake environment.

export interface LastMessage {
  id: string;
  text: string;
  senderId: string;
  senderName: string;
  at: number;
  own: boolean;
}

export interface Chat {
  id: string;
  kind: 'direct' | 'group';
  name: string;
  /** What a group is for, as its creator wrote it. */
  purpose: string;
  /** The other person of a direct chat, "" in a group. */
  peerUserId: string;
  members: number;
  /** Colour of the avatar, 1…8. */
  avatar: number;
  last: LastMessage | null;
  /** Messages not read yet; the backend stops counting at 100. */
  unread: number;
  mentioned: boolean;
  draft: string;
  muted: boolean;
  pinned: boolean;
  canSend: boolean;
  /** May rename the group and add people. */
  canManage: boolean;
}

export interface Message {
  id: string;
  chatId: string;
  senderId: string;
  senderName: string;
  text: string;
  /** When it was written on the sender's device, ms since the epoch. */
  at: number;
  own: boolean;
  /** It arrived here more than five minutes after it was written. */
  late: boolean;
  /** "relay": on the team's relay, by the relay's own word, and nobody has said to have it yet. */
  state: 'saved' | 'relay' | 'received';
  /** People other than the sender whose device has confirmed it, of `total`. */
  received: number;
  total: number;
  read: number;
}

export type ChatFilter = 'all' | 'unread' | 'group';

/** One sender's messages within this time stand together (ui.md §4). */
export const RUN_MS = 5 * 60 * 1000;

/** Pinned first, then the chat that was written in last. */
export function sortChats(chats: readonly Chat[]): Chat[] {
  return [...chats].sort((a, b) => {
    if (a.pinned !== b.pinned) return a.pinned ? -1 : 1;
    return (b.last?.at ?? 0) - (a.last?.at ?? 0);
  });
}

/**
 * The rows a filter leaves. `keep` is the open chat: reading it must not make
 * its row vanish from 未读 under the reader's eyes.
 */
export function filterChats(chats: readonly Chat[], filter: ChatFilter, keep: string): Chat[] {
  if (filter === 'unread') return chats.filter((c) => c.unread > 0 || c.id === keep);
  if (filter === 'group') return chats.filter((c) => c.kind === 'group');
  return [...chats];
}

/** What the rail counts: a number asks for me, so muted chats do not add to it. */
export function unreadTotal(chats: readonly Chat[]): number {
  return chats.reduce((sum, c) => (c.muted ? sum : sum + c.unread), 0);
}

/** The rail shows a dot when only muted chats have something new. */
export function hasMutedUnread(chats: readonly Chat[]): boolean {
  return chats.some((c) => c.muted && c.unread > 0);
}

/** The chat `step` rows away from the open one, or null at the end of the list. */
export function neighbour(chats: readonly Chat[], current: string, step: 1 | -1, onlyUnread: boolean): Chat | null {
  const start = chats.findIndex((c) => c.id === current);
  let i = start < 0 && step < 0 ? chats.length : start;
  for (i += step; i >= 0 && i < chats.length; i += step) {
    const chat = chats[i];
    if (chat && (!onlyUnread || chat.unread > 0)) return chat;
  }
  return null;
}

export interface RowShape {
  /** A day separator stands above the row. */
  day: boolean;
  /** The line 以下是新消息 stands above the row. */
  unread: boolean;
  /** The row opens a run: it carries avatar, name and time. */
  first: boolean;
}

/**
 * How a row looks, from the row before it alone, so that prepending a page never
 * changes a row that is already on the screen except the one at the seam.
 */
export function rowShape(prev: Message | undefined, message: Message, firstUnread: string): RowShape {
  const day = !prev || !sameDay(prev.at, message.at);
  const unread = message.id === firstUnread;
  const first = day || unread || prev.senderId !== message.senderId || message.at - prev.at > RUN_MS || message.at < prev.at;
  return { day, unread, first };
}

/** Days are the reader's own: two instants on one calendar day of this machine. */
export function sameDay(a: number, b: number): boolean {
  const x = new Date(a);
  const y = new Date(b);
  return x.getFullYear() === y.getFullYear() && x.getMonth() === y.getMonth() && x.getDate() === y.getDate();
}

export type DeliveryState = 'sending' | 'saved' | 'relay' | 'partial' | 'all';

/** The honest state of an own message: nothing is "delivered" before a device says so. */
export function deliveryState(message: Message): DeliveryState {
  if (message.state === 'relay') return 'relay';
  if (message.state === 'saved' || message.received === 0 || message.total === 0) return 'saved';
  return message.received < message.total ? 'partial' : 'all';
}

export interface TextPart {
  text: string;
  hit: boolean;
}

/**
 * Cuts a text at the ranges of a search hit. Ranges are [start, end) in UTF-16
 * code units; overlapping, unordered or out-of-bounds ranges are tolerated,
 * because they come from an index that may be older than the text.
 */
export function splitRanges(text: string, ranges: readonly (readonly [number, number])[]): TextPart[] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const parts: TextPart[] = [];
  let at = 0;
  for (const [from, to] of sorted) {
    const start = Math.max(at, Math.min(from, text.length));
    const end = Math.min(to, text.length);
    if (end <= start) continue;
    if (start > at) parts.push({ text: text.slice(at, start), hit: false });
    parts.push({ text: text.slice(start, end), hit: true });
    at = end;
  }
  if (at < text.length) parts.push({ text: text.slice(at), hit: false });
  return parts;
}

/** Characters kept before the first hit when a long message is cut to a line. */
const LEAD = 12;

/** Moves the first hit of a long text into sight: the cut start becomes an ellipsis. */
export function leadIn(parts: readonly TextPart[]): TextPart[] {
  const [head, ...rest] = parts;
  if (!head || head.hit || rest.length === 0 || head.text.length <= LEAD * 2) return [...parts];
  const chars = Array.from(head.text);
  return [{ text: `…${chars.slice(-LEAD).join('')}`, hit: false }, ...rest];
}

/** One line for a list row: line breaks and runs of blanks become one space. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** An emoji with its skin tone or variant; several joined by ZWJ are one. */
const EMOJI = String.raw`\p{Extended_Pictographic}(?:[\u{1F3FB}-\u{1F3FF}]|\uFE0F)*`;
const LARGE_EMOJI = new RegExp(`^(?:${EMOJI}(?:\\u200D${EMOJI})*){1,3}$`, 'u');

/** One to three emoji and nothing else are shown large. */
export function isLargeEmoji(text: string): boolean {
  return LARGE_EMOJI.test(text);
}

/** Equal neighbours of one run share one delivery line: the lower one shows it. */
export function showsDelivery(message: Message, next: Message | undefined, nextShape: RowShape | undefined): boolean {
  if (!next || !nextShape || nextShape.first) return true;
  return message.received !== next.received || message.read !== next.read || deliveryState(message) !== deliveryState(next);
}

/** Limits of the backend, in characters. */
export const NAME_MAX = 60;
export const PURPOSE_MAX = 200;

/** What is wrong with the name of a group, "" when nothing is. */
export function checkGroupName(name: string): '' | 'nameRequired' | 'nameLong' {
  const length = Array.from(name.trim()).length;
  if (length === 0) return 'nameRequired';
  return length > NAME_MAX ? 'nameLong' : '';
}
