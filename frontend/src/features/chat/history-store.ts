// The open chat's history as an external store of React: it loads pages in both
// directions, follows changes, and shows own messages before they are saved.
// One store lives as long as one chat is on the screen.

import { last } from '../../lib/last';
import { Fault } from '../../platform/fault';
import { appendPage, appendSaved, emptyWindow, fromPage, PAGE_SIZE, prependPage, replaceMessages } from './history';
import type { HistoryPage, HistoryWindow } from './history';
import type { Message } from './model';

export interface PageQuery {
  chatId: string;
  before?: string;
  after?: string;
  around?: string;
  limit: number;
}

/** What the store needs of the backend; api.ts is the real one. */
export interface HistorySource {
  history(query: PageQuery): Promise<HistoryPage>;
  send(chatId: string, text: string, clientId: string): Promise<Message>;
}

export interface Row {
  /** Stays the same when an own message turns from "being saved" to saved. */
  key: string;
  message: Message;
  sending: boolean;
}

/** Where the list should go next; a new object means a new wish. */
export type ScrollWish = { to: 'end' } | { to: 'unread'; id: string } | { to: 'message'; id: string };

export interface HistoryState {
  phase: 'loading' | 'ready' | 'failed';
  error: unknown;
  rows: readonly Row[];
  hasOlder: boolean;
  hasNewer: boolean;
  filling: boolean;
  /** Where 以下是新消息 stands; settled when the chat is opened and kept. */
  firstUnread: string;
  /** Everything older was let go by the house rule; 0 while nothing was. */
  keptFrom: number;
  wish: ScrollWish | null;
  /** What could not be read while the rest stays on the screen. */
  problem: { reading: 'older' | 'newer' | 'changes'; error: unknown } | null;
}

interface Pending {
  clientId: string;
  message: Message;
}

/** New pages that one refresh follows; a longer burst is loaded as the reader gets there. */
const REFRESH_PAGES = 5;

export class HistoryStore {
  private readonly source: HistorySource;
  private readonly chatId: string;
  private readonly listeners = new Set<() => void>();

  private state: HistoryState = {
    phase: 'loading',
    error: null,
    rows: [],
    hasOlder: false,
    hasNewer: false,
    filling: false,
    firstUnread: '',
    keptFrom: 0,
    wish: null,
    problem: null,
  };
  private window: HistoryWindow = emptyWindow;
  private pending: readonly Pending[] = [];
  /** Rows that were optimistic keep the key they were born with. */
  private readonly keys = new Map<string, string>();

  /** Grows with every load of another stretch; answers for an earlier one are dropped. */
  private generation = 0;
  private loadingOlder = false;
  private loadingNewer = false;
  private refreshing = false;
  private refreshAgain = false;
  /** Sends run one after the other, so that the order written is the order kept. */
  private sends: Promise<unknown> = Promise.resolve();

  constructor(source: HistorySource, chatId: string) {
    this.source = source;
    this.chatId = chatId;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): HistoryState => this.state;

  /** Opens at `messageId`, or at the last read message when it is "". */
  async open(messageId: string): Promise<void> {
    const generation = ++this.generation;
    const first = this.state.phase !== 'ready';
    try {
      const page = await this.source.history({ chatId: this.chatId, limit: PAGE_SIZE, ...(messageId ? { around: messageId } : {}) });
      if (generation !== this.generation) return;
      this.window = fromPage(page);
      this.publish({
        phase: 'ready',
        error: null,
        firstUnread: first ? page.firstUnread : this.state.firstUnread,
        keptFrom: page.keptFrom,
        wish: openingWish(messageId, page),
      });
    } catch (error) {
      if (generation !== this.generation) return;
      this.publish({ phase: 'failed', error });
    }
  }

  /** Goes to a message: at once when it is loaded, else by loading around it. */
  async jump(messageId: string): Promise<void> {
    if (this.window.messages.some((m) => m.id === messageId)) {
      this.publish({ wish: { to: 'message', id: messageId } });
      return;
    }
    await this.open(messageId);
  }

  /** Goes to the end, whose last message is `lastId`. */
  async latest(lastId: string): Promise<void> {
    if (this.window.hasNewer && lastId) await this.open(lastId);
    this.publish({ wish: { to: 'end' } });
  }

  async older(): Promise<void> {
    const first = this.window.messages[0];
    if (!first || !this.window.hasOlder || this.loadingOlder) return;
    this.loadingOlder = true;
    await this.page('older', { before: first.id }, prependPage);
    this.loadingOlder = false;
  }

  async newer(): Promise<void> {
    const newest = last(this.window.messages);
    if (!newest || !this.window.hasNewer || this.loadingNewer) return;
    this.loadingNewer = true;
    await this.page('newer', { after: newest.id }, appendPage);
    this.loadingNewer = false;
  }

  /** Reads the loaded stretch again after a change; calls that overlap become one more round. */
  async refresh(): Promise<void> {
    this.refreshAgain = true;
    if (this.refreshing) return;
    this.refreshing = true;
    while (this.refreshAgain) {
      this.refreshAgain = false;
      // An own message must not appear twice: as saved, and as still being saved.
      await this.sends;
      try {
        await this.refreshOnce();
      } catch (error) {
        this.publish({ problem: { reading: 'changes', error } });
      }
    }
    this.refreshing = false;
  }

  /** Tries again what `problem` names. */
  retry(): Promise<void> {
    const reading = this.state.problem?.reading;
    this.publish({ problem: null });
    if (reading === 'older') return this.older();
    if (reading === 'newer') return this.newer();
    return this.refresh();
  }

  private async page(
    reading: 'older' | 'newer',
    edge: { before: string } | { after: string },
    merge: (window: HistoryWindow, page: HistoryPage) => HistoryWindow,
  ): Promise<void> {
    const generation = this.generation;
    try {
      const page = await this.source.history({ chatId: this.chatId, limit: PAGE_SIZE, ...edge });
      if (generation !== this.generation) return;
      this.window = merge(this.window, page);
      this.publish({ problem: null });
    } catch (error) {
      if (generation === this.generation) this.publish({ problem: { reading, error } });
    }
  }

  /**
   * Shows the message at once and saves it. Rejects with the reason when it was not
   * saved; the row is gone then, and the caller gives the text back to its writer.
   */
  send(message: Message, clientId: string): Promise<void> {
    this.pending = [...this.pending, { clientId, message }];
    this.publish({ wish: { to: 'end' } });
    const result = this.sends.then(() => this.save(message, clientId));
    this.sends = result.catch(() => undefined);
    return result;
  }

  private async save(message: Message, clientId: string): Promise<void> {
    try {
      const saved = await this.source.send(this.chatId, message.text, clientId);
      this.keys.set(saved.id, clientId);
      const atEnd = !this.window.hasNewer;
      this.window = appendSaved(this.window, saved);
      this.settle(clientId);
      if (!atEnd) await this.latest(saved.id);
    } catch (error) {
      this.settle(clientId);
      throw error;
    }
  }

  private settle(clientId: string): void {
    this.pending = this.pending.filter((p) => p.clientId !== clientId);
    this.publish({});
  }

  private async refreshOnce(): Promise<void> {
    const first = this.window.messages[0];
    const newest = last(this.window.messages);
    if (this.state.phase !== 'ready' || !first || !newest) return this.open('');
    const generation = this.generation;
    const reachesEnd = !this.window.hasNewer;

    let page: HistoryPage;
    try {
      page = await this.source.history({ chatId: this.chatId, around: first.id, limit: PAGE_SIZE });
    } catch (error) {
      // It is past keeping by now.
      if (error instanceof Fault && error.code === 'chat.unknown_message') return this.open('');
      throw error;
    }
    const start = page.messages.findIndex((m) => m.id === first.id);
    if (start < 0) return this.open('');
    const fresh = page.messages.slice(start);
    const hasOlder = start > 0 || page.hasOlder;
    let beyond = 0;
    while (page.hasNewer) {
      const covered = fresh.some((m) => m.id === newest.id);
      if (covered && (!reachesEnd || beyond++ >= REFRESH_PAGES)) break;
      const from = last(fresh);
      if (!from) break;
      page = await this.source.history({ chatId: this.chatId, after: from.id, limit: PAGE_SIZE });
      if (page.messages.length === 0) break;
      fresh.push(...page.messages);
    }
    if (generation !== this.generation) return;
    this.window = replaceMessages(this.window, fresh, { hasOlder, hasNewer: page.hasNewer, filling: page.filling });
    this.publish({ problem: null, keptFrom: page.keptFrom });
  }

  private publish(change: Partial<HistoryState>): void {
    const rows = this.window.messages.map((message) => this.rowOf(message));
    if (!this.window.hasNewer) {
      rows.push(...this.pending.map((p) => ({ key: p.clientId, message: p.message, sending: true })));
    }
    this.state = {
      ...this.state,
      ...change,
      rows,
      hasOlder: this.window.hasOlder,
      hasNewer: this.window.hasNewer,
      filling: this.window.filling,
    };
    for (const listener of this.listeners) listener();
  }

  private rowOf(message: Message): Row {
    return { key: this.keys.get(message.id) ?? message.id, message, sending: false };
  }
}

function openingWish(messageId: string, page: HistoryPage): ScrollWish {
  if (messageId) return { to: 'message', id: messageId };
  return page.firstUnread ? { to: 'unread', id: page.firstUnread } : { to: 'end' };
}
