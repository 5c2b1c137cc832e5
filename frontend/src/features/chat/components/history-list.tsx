import { useVirtualizer } from '@tanstack/react-virtual';
import type { Virtualizer } from '@tanstack/react-virtual';
import type { TFunction } from 'i18next';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { colourOf } from '../../../platform/people';
import type { People } from '../../../platform/people';
import { timeText } from '../../../lib/time-text';
import type { HistoryState, Row, ScrollWish } from '../history-store';
import { rowShape, showsDelivery } from '../model';
import classes from './history-list.module.css';
import { HistoryStart } from './history-start';
import { MessageRow } from './message-row';

interface HistoryListProps {
  state: HistoryState;
  language: string;
  now: number;
  t: TFunction<'chat'>;
  people: People;
  onOlder: () => void;
  onNewer: () => void;
  /** The lowest message in sight changed, and whether the end is. */
  onSight: (lastVisible: string, atEnd: boolean) => void;
  onDelivery: (messageId: string) => void;
}

type List = Virtualizer<HTMLDivElement, Element>;

/** Pages are fetched while this many screens are still ahead (ui.md §5). */
const PREFETCH_SCREENS = 2;

/** Read messages that stay in sight above the unread line. */
const CONTEXT_ABOVE_PX = 96;

/** Within this distance new messages carry the reader along. */
const END_PX = 80;

/** By then a jump has reached its place. */
const SETTLE_MS = 200;

/** How long a message that was jumped to is marked. */
const TARGET_MS = 2400;

export function HistoryList({ state, language, now, t, people, onOlder, onNewer, onSight, onDelivery }: HistoryListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const target = useTarget(state.wish);
  const { rows, firstUnread } = state;

  const settled = useRef(false);
  const look = (list: List) => {
    const box = list.scrollElement;
    if (!box || box.clientHeight === 0 || !settled.current) return;
    const ahead = box.clientHeight * PREFETCH_SCREENS;
    if (state.hasOlder && box.scrollTop < ahead) onOlder();
    if (state.hasNewer && box.scrollHeight - box.scrollTop - box.clientHeight < ahead) onNewer();
    onSight(lastInSight(list, rows), !state.hasNewer && list.isAtEnd());
  };

   
  const list = useVirtualizer<HTMLDivElement, Element>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimate(rows[index]),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 8,
    anchorTo: 'end',
    followOnAppend: !state.hasNewer,
    scrollEndThreshold: END_PX,
    scrollPaddingStart: CONTEXT_ABOVE_PX,
    paddingEnd: 12,
    onChange: look,
  });

  useScrollWish(list, state.wish, rows);
  // A jump goes to an index and corrects itself while rows are measured; a page put
  // before them meanwhile would move the index.
  useEffect(() => {
    settled.current = false;
    const timer = window.setTimeout(() => {
      settled.current = true;
      look(list);
    }, SETTLE_MS);
    return () => window.clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each wish
  }, [state.wish]);
  // Rows can change without scrolling, for example when a short page arrives.
  useEffect(() => {
    look(list);
  });

  const items = list.getVirtualItems();
  const time = timeText(language);
  return (
    <div ref={scroller} className={classes.scroller} role="log" aria-label={t('history.label')} aria-live="off" tabIndex={0}>
      <div className={classes.spacer} style={{ height: list.getTotalSize() }}>
        <div className={classes.window} style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            const next = rows[item.index + 1];
            const shape = rowShape(rows[item.index - 1]?.message, row.message, firstUnread);
            const nextShape = next && rowShape(row.message, next.message, firstUnread);
            return (
              <div key={item.key} ref={list.measureElement} data-index={item.index}>
                {item.index === 0 && !state.hasOlder && !state.filling && <HistoryStart keptFrom={state.keptFrom} language={language} t={t} />}
                <MessageRow
                  message={row.message}
                  day={shape.day ? time.day(row.message.at, now) : ''}
                  unread={shape.unread}
                  first={shape.first}
                  sending={row.sending}
                  showState={showsDelivery(row.message, next?.message, nextShape)}
                  target={row.message.id === target}
                  colour={colourOf(people, row.message.senderId)}
                  position={people.get(row.message.senderId)?.position ?? ''}
                  time={time}
                  now={now}
                  t={t}
                  onDelivery={onDelivery}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Follows each wish once, in the same frame in which its rows are there. */
function useScrollWish(list: List, wish: ScrollWish | null, rows: readonly Row[]): void {
  const done = useRef<ScrollWish | null>(null);
  useLayoutEffect(() => {
    if (!wish || wish === done.current) return;
    if (wish.to === 'end') {
      done.current = wish;
      list.scrollToEnd();
      return;
    }
    const index = rows.findIndex((r) => r.message.id === wish.id);
    if (index < 0) return;
    done.current = wish;
    list.scrollToIndex(index, { align: wish.to === 'unread' ? 'start' : 'center' });
  }, [list, wish, rows]);
}

/** The message of the latest jump, for as long as it is marked. */
function useTarget(wish: ScrollWish | null): string {
  const [faded, setFaded] = useState<ScrollWish | null>(null);
  useEffect(() => {
    if (wish?.to !== 'message') return;
    const timer = window.setTimeout(() => setFaded(wish), TARGET_MS);
    return () => window.clearTimeout(timer);
  }, [wish]);
  return wish?.to === 'message' && wish !== faded ? wish.id : '';
}

/** Id of the lowest message whose end is above the lower edge of the list. */
function lastInSight(list: List, rows: readonly Row[]): string {
  const height = list.scrollRect?.height ?? 0;
  const bottom = (list.scrollOffset ?? 0) + height;
  const items = list.getVirtualItems();
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i];
    // A message taller than the list counts once its beginning is well in sight.
    if (item && (item.end <= bottom + 1 || item.start <= bottom - height / 2)) return rows[item.index]?.message.id ?? '';
  }
  return '';
}

const CHARS_A_LINE = 30;
const LINE_PX = 22;
const ROW_PX = 58;

/** A guess until the row is measured: close enough that the scroll bar does not jump. */
function estimate(row: Row | undefined): number {
  if (!row) return ROW_PX;
  const { text } = row.message;
  const wrapped = Math.ceil(text.length / CHARS_A_LINE) - 1;
  const breaks = text.split('\n').length - 1;
  return ROW_PX + Math.max(wrapped, breaks) * LINE_PX;
}
