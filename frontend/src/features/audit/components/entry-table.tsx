import { clsx } from 'clsx';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { Tag } from '../../../ui/tag';
import { useNow } from '../../../ui/use-now';
import { VirtualTable } from '../../../ui/virtual-table';
import type { Entry } from '../model';
import { useEntryText } from '../use-entry-text';
import classes from './entry-table.module.css';

interface EntryTableProps {
  entries: readonly Entry[];
  selected: string;
  onSelect: (id: string) => void;
  onEnd: () => void;
}

export function EntryTable({ entries, selected, onSelect, onEnd }: EntryTableProps) {
  const { t } = useTranslation('audit');
  const columns = (['time', 'person', 'action', 'device', 'state'] as const).map((column) => t(`column.${column}`));
  return (
    <VirtualTable label={t('list')} className={classes.table ?? ''} columns={columns} items={entries} keyOf={({ id }) => id} selected={selected} onSelect={onSelect} onEnd={onEnd}>
      {(entry) => <Cells entry={entry} />}
    </VirtualTable>
  );
}

/** What is not known is a dash. */
const NONE = '—';

const Cells = memo(function Cells({ entry }: { entry: Entry }) {
  const { t, i18n } = useTranslation('audit');
  const now = useNow();
  const text = useEntryText();
  const { at, userName, deviceName, state } = entry;
  const action = text.action(entry);
  return (
    <>
      <span role="gridcell">{timeText(i18n.language).full(Date.parse(at), now)}</span>
      <span role="gridcell" className={classes.strong}>
        {userName || NONE}
      </span>
      <span role="gridcell" className={clsx(classes.strong, state === 'refused' && classes.refused)} title={action}>
        {action}
      </span>
      <span role="gridcell">{deviceName || NONE}</span>
      <span role="gridcell">{state === 'valid' ? t('state.valid') : <Tag tone={state === 'refused' ? 'danger' : 'warning'}>{t(`state.${state}`)}</Tag>}</span>
    </>
  );
});
