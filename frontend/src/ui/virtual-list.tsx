import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import classes from './virtual-list.module.css';

interface VirtualListProps<T> {
  label: string;
  items: readonly T[];
  /** In px, the same for all. */
  rowHeight: number;
  keyOf: (item: T) => string;
  /** The id of the row's element with role "option", which the row sets itself. */
  optionId: (item: T) => string;
  /** Index of the row under the keyboard's cursor, -1: none. */
  active: number;
  /** The arrow keys, Home and End move the cursor. */
  onActive: (index: number) => void;
  /** Enter and Space; leave it out where moving already chooses. */
  onChoose?: (index: number) => void;
  multiple?: boolean;
  /** The end is near: fetch the next page. */
  onEnd?: () => void;
  children: (item: T, index: number) => ReactNode;
}

/** Rows that are mounted beyond what can be seen. */
const OVERSCAN = 6;

/** A list of any length. Focus stays on the list; the row under the cursor is its active descendant. Rows are plain DOM. */
export function VirtualList<T>({ label, items, rowHeight, keyOf, optionId, active, onActive, onChoose, multiple = false, onEnd, children }: VirtualListProps<T>) {
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
  const rows = list.getVirtualItems();

  const last = rows[rows.length - 1]?.index ?? -1;
  useEffect(() => {
    if (items.length > 0 && last >= items.length - OVERSCAN - 1) onEnd?.();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each end that comes near
  }, [last, items.length]);

  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.key === 'Enter' || event.key === ' ') && onChoose && active >= 0) {
      event.preventDefault();
      onChoose(active);
      return;
    }
    const next = target(event.key, active, items.length, Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1));
    if (next === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onActive(next);
    list.scrollToIndex(next);
  };

  const current = items[active];
  return (
    <div
      ref={scroller}
      className={`scroll ${classes.list}`}
      role="listbox"
      aria-label={label}
      aria-multiselectable={multiple || undefined}
      aria-activedescendant={current === undefined ? undefined : optionId(current)}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={classes.space} style={{ height: list.getTotalSize() }} role="presentation">
        {rows.map((row) => {
          const item = items[row.index];
          return (
            item !== undefined && (
              <div key={row.key} className={classes.row} style={{ height: row.size, transform: `translateY(${row.start}px)` }} role="presentation">
                {children(item, row.index)}
              </div>
            )
          );
        })}
      </div>
    </div>
  );
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
