import type { KeyboardEvent, ReactNode } from 'react';
import { useVirtualRows } from './use-virtual-rows';
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

/** A list of any length. Focus stays on the list; the row under the cursor is its active descendant. Rows are plain DOM. */
export function VirtualList<T>({ label, items, rowHeight, keyOf, optionId, active, onActive, onChoose, multiple = false, onEnd, children }: VirtualListProps<T>) {
  const { scroller, height, rows, move } = useVirtualRows({ items, rowHeight, keyOf, onEnd });

  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.key === 'Enter' || event.key === ' ') && onChoose && active >= 0) {
      event.preventDefault();
      onChoose(active);
      return;
    }
    const next = move(event, active);
    if (next !== null) onActive(next);
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
      <div className={classes.space} style={{ height }} role="presentation">
        {rows.map(({ item, index, key, top }) => (
          <div key={key} className={classes.row} style={{ height: rowHeight, transform: `translateY(${top}px)` }} role="presentation">
            {children(item, index)}
          </div>
        ))}
      </div>
    </div>
  );
}
