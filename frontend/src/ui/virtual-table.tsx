import { clsx } from 'clsx';
import { useId } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useVirtualRows } from './use-virtual-rows';
import classes from './virtual-table.module.css';

interface VirtualTableProps<T> {
  label: string;
  /** Sets `--columns`, the widths of the columns, as of `grid-template-columns`. */
  className: string;
  /** Headings, one for each cell of a row. */
  columns: readonly string[];
  items: readonly T[];
  /** All that there are; more than `items` while pages are still to come. Left out when nobody knows. */
  total?: number;
  keyOf: (item: T) => string;
  /** Key of the row that is open, "" for none. */
  selected: string;
  onSelect: (key: string) => void;
  /** The end is near: fetch the next page. */
  onEnd: () => void;
  /** The cells of a row, each a span with the role "gridcell". Plain DOM. */
  children: (item: T) => ReactNode;
}

/** In px; the same in the styles. */
const ROW_PX = 44;

/** A table of any length. Focus stays on it; the arrow keys open one row after the other, also behind an open drawer. */
export function VirtualTable<T>({ label, className, columns, items, total, keyOf, selected, onSelect, onEnd, children }: VirtualTableProps<T>) {
  const { scroller, height, rows, move } = useVirtualRows({ items, rowHeight: ROW_PX, keyOf, onEnd });
  // Keys may have blanks, ids may not.
  const id = useId();
  const rowId = (index: number) => `${id}-${index}`;
  const active = items.findIndex((item) => keyOf(item) === selected);
  const onKeyDown = (event: KeyboardEvent) => {
    const next = move(event, active);
    const item = next === null ? undefined : items[next];
    if (item !== undefined) onSelect(keyOf(item));
  };
  return (
    <div
      ref={scroller}
      className={clsx('scroll', classes.table, className)}
      role="grid"
      aria-label={label}
      aria-rowcount={total === undefined ? -1 : total + 1}
      aria-activedescendant={active < 0 ? undefined : rowId(active)}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={classes.head} role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <span key={column} role="columnheader">
            {column}
          </span>
        ))}
      </div>
      <div className={classes.rows} style={{ height }} role="presentation">
        {rows.map(({ item, index, key, top }) => (
          <div
            key={key}
            id={rowId(index)}
            role="row"
            aria-rowindex={index + 2}
            aria-selected={key === selected}
            className={clsx(classes.row, key === selected && classes.selected)}
            style={{ transform: `translateY(${top}px)` }}
            onClick={() => onSelect(key)}
          >
            {children(item)}
          </div>
        ))}
      </div>
    </div>
  );
}
