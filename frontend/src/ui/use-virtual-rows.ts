import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useEffectEvent, useRef } from 'react';
import type { KeyboardEvent, RefObject } from 'react';

interface VirtualRowsOptions<T> {
  items: readonly T[];
  /** In px, the same for all. */
  rowHeight: number;
  keyOf: (item: T) => string;
  /** The end is near: fetch the next page. */
  onEnd?: (() => void) | undefined;
}

interface VirtualRows<T> {
  scroller: RefObject<HTMLDivElement | null>;
  /** Height of all rows, in px. */
  height: number;
  /** Those that are mounted; `top` in px. */
  rows: { item: T; index: number; key: string; top: number }[];
  /** Where a key moves the cursor to, already in sight; null when the key is not for the list. */
  move: (event: KeyboardEvent, active: number) => number | null;
}

/** Rows that are mounted beyond what can be seen. */
const OVERSCAN = 6;

/** Rows of one height, of which only those in sight are mounted. */
export function useVirtualRows<T>({ items, rowHeight, keyOf, onEnd }: VirtualRowsOptions<T>): VirtualRows<T> {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
    overscan: OVERSCAN,
  });
  const mounted = list.getVirtualItems();

  const last = mounted[mounted.length - 1]?.index ?? -1;
  const near = useEffectEvent(() => onEnd?.());
  // Once for each end that comes near.
  useEffect(() => {
    if (items.length > 0 && last >= items.length - OVERSCAN - 1) near();
  }, [last, items.length]);

  return {
    scroller,
    height: list.getTotalSize(),
    rows: mounted.flatMap(({ index, key, start }) => {
      const item = items[index];
      return item === undefined ? [] : [{ item, index, key: String(key), top: start }];
    }),
    move: (event, active) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return null;
      const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1);
      const next = target(event.key, active, items.length, page);
      if (next === null) return null;
      event.preventDefault();
      list.scrollToIndex(next);
      return next;
    },
  };
}

/** Where a key moves the cursor to, or null when it is not for the list. */
export function target(key: string, active: number, count: number, page: number): number | null {
  if (count === 0) return null;
  const clamp = (index: number) => Math.min(count - 1, Math.max(0, index));
  switch (key) {
    case 'ArrowDown':
      return clamp(active + 1);
    case 'ArrowUp':
      return clamp(active - 1);
    case 'PageDown':
      return clamp(active + page);
    case 'PageUp':
      return clamp(active - page);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
