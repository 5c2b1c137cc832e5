// The loaded part of one chat's history and how pages are merged into it. Pure:
// every function returns a new window. The order inside a page is the backend's
// and is never re-sorted here, because ties are broken by device and sequence,
// which the interface does not know.

import type { Message } from './model';

export interface HistoryPage {
  messages: Message[];
  hasOlder: boolean;
  hasNewer: boolean;
  /** Older messages are on their way to this device. */
  filling: boolean;
  /** Id of the first message not read yet, "" when all are read. */
  firstUnread: string;
  /** What is older was let go by the house rule; ms since 1970; 0 while nothing was. */
  keptFrom: number;
}

export interface HistoryWindow {
  messages: readonly Message[];
  hasOlder: boolean;
  hasNewer: boolean;
  filling: boolean;
}

/** Messages asked for at a time (ui.md §5). */
export const PAGE_SIZE = 100;

/** Messages kept in memory; the far end is dropped beyond it (ui.md §5). */
export const WINDOW_MAX = 2000;

export const emptyWindow: HistoryWindow = { messages: [], hasOlder: false, hasNewer: false, filling: false };

export function fromPage(page: HistoryPage): HistoryWindow {
  return { messages: page.messages, hasOlder: page.hasOlder, hasNewer: page.hasNewer, filling: page.filling };
}

/** Puts an older page before the window; the newest end is dropped beyond the limit. */
export function prependPage(window: HistoryWindow, page: HistoryPage): HistoryWindow {
  const messages = union(page.messages, window.messages);
  const kept = messages.slice(0, WINDOW_MAX);
  return { messages: kept, hasOlder: page.hasOlder, hasNewer: window.hasNewer || kept.length < messages.length, filling: page.filling };
}

/** Puts a newer page behind the window; the oldest end is dropped beyond the limit. */
export function appendPage(window: HistoryWindow, page: HistoryPage): HistoryWindow {
  const messages = union(window.messages, page.messages);
  const kept = messages.slice(-WINDOW_MAX);
  return { messages: kept, hasOlder: window.hasOlder || kept.length < messages.length, hasNewer: page.hasNewer, filling: page.filling };
}

/**
 * Adds one own message that has just been saved. It belongs to the end; a window
 * that does not reach the end cannot show it.
 */
export function appendSaved(window: HistoryWindow, message: Message): HistoryWindow {
  if (window.hasNewer || window.messages.some((m) => m.id === message.id)) return window;
  return appendPage(window, { messages: [message], hasOlder: true, hasNewer: false, filling: window.filling, firstUnread: '', keptFrom: 0 });
}

/**
 * Replaces the whole window by the same stretch read again: late arrivals fall
 * into their place and delivery states change, and there may be older messages now.
 * Objects that did not change stay identical, so that their rows do not render again.
 */
export function replaceMessages(window: HistoryWindow, fresh: readonly Message[], edges: Omit<HistoryWindow, 'messages'>): HistoryWindow {
  const before = new Map(window.messages.map((m) => [m.id, m]));
  const messages = fresh.map((m) => {
    const old = before.get(m.id);
    return old && sameMessage(old, m) ? old : m;
  });
  const kept = messages.slice(-WINDOW_MAX);
  return { messages: kept, ...edges, hasOlder: edges.hasOlder || kept.length < messages.length };
}

/** What can change about a message after it was written; the rest is immutable. */
function sameMessage(a: Message, b: Message): boolean {
  return (
    a.state === b.state &&
    a.received === b.received &&
    a.total === b.total &&
    a.read === b.read &&
    a.text === b.text &&
    a.senderName === b.senderName
  );
}

function union(first: readonly Message[], second: readonly Message[]): Message[] {
  const seen = new Set(first.map((m) => m.id));
  return [...first, ...second.filter((m) => !seen.has(m.id))];
}
