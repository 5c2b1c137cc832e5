import { useVirtualizer } from '@tanstack/react-virtual';
import { clsx } from 'clsx';
import { useEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { Tag } from '../../../ui/tag';
import { useNow } from '../../../ui/use-now';
import { target } from '../../../ui/virtual-list';
import type { Entry } from '../model';
import { useEntryText } from '../use-entry-text';
import classes from './entry-table.module.css';

interface EntryTableProps {
  entries: readonly Entry[];
  selected: string;
  onSelect: (id: string) => void;
  onEnd: () => void;
}

const ROW_PX = 44;
const OVERSCAN = 8;

const rowId = (id: string): string => `entry-${id}`;

/** Rows are plain DOM in a virtual grid, as in the directory. */
export function EntryTable({ entries, selected, onSelect, onEnd }: EntryTableProps) {
  const { t } = useTranslation('audit');
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    getItemKey: (index) => entries[index]?.id ?? index,
  });
  const rows = list.getVirtualItems();
  const lastRow = rows[rows.length - 1]?.index ?? -1;
  useEffect(() => {
    if (lastRow >= entries.length - OVERSCAN) onEnd();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each end that comes near
  }, [lastRow, entries.length]);

  const active = entries.findIndex(({ id }) => id === selected);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 1);
    const next = target(event.key, active, entries.length, page);
    const entry = next === null ? undefined : entries[next];
    if (next === null || !entry) return;
    event.preventDefault();
    onSelect(entry.id);
    list.scrollToIndex(next);
  };
  return (
    <div
      ref={scroller}
      className={`scroll ${classes.table ?? ''}`}
      role="grid"
      aria-label={t('list')}
      aria-activedescendant={active < 0 ? undefined : rowId(selected)}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={classes.head} role="row">
        {(['time', 'person', 'action', 'device', 'state'] as const).map((column) => (
          <span key={column} role="columnheader">
            {t(`column.${column}`)}
          </span>
        ))}
      </div>
      <div className={classes.rows} style={{ height: list.getTotalSize() }} role="presentation">
        {rows.map((item) => {
          const entry = entries[item.index];
          return (
            entry && (
              <div key={item.key} className={classes.place} style={{ transform: `translateY(${item.start}px)` }} role="presentation">
                <Row entry={entry} selected={entry.id === selected} onSelect={onSelect} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

/** What is not known is a dash. */
const NONE = '—';

function Row({ entry, selected, onSelect }: { entry: Entry; selected: boolean; onSelect: (id: string) => void }) {
  const { t, i18n } = useTranslation('audit');
  const now = useNow();
  const text = useEntryText();
  const { id, at, userName, deviceName, state } = entry;
  const action = text.action(entry);
  return (
    <div role="row" id={rowId(id)} aria-selected={selected} className={clsx(classes.row, selected && classes.selected)} onClick={() => onSelect(id)}>
      <span role="gridcell">{timeText(i18n.language).full(Date.parse(at), now)}</span>
      <span role="gridcell" className={classes.person}>
        {userName || NONE}
      </span>
      <span role="gridcell" className={clsx(classes.action, state === 'refused' && classes.refused)} title={action}>
        {action}
      </span>
      <span role="gridcell">{deviceName || NONE}</span>
      <span role="gridcell">{state === 'valid' ? t('state.valid') : <Tag tone={state === 'refused' ? 'danger' : 'warning'}>{t(`state.${state}`)}</Tag>}</span>
    </div>
  );
}
