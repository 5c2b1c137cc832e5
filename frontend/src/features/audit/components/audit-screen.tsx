import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { useParam, useSetParams } from '../../../platform/navigation';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorState } from '../../../ui/error-state';
import { IconDownload, IconHistory } from '../../../ui/icons';
import { Panes } from '../../../ui/panes';
import { ScreenHeader } from '../../../ui/screen-header';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { useNow } from '../../../ui/use-now';
import { spanOf } from '../model';
import { canExportQuery, entriesQuery } from '../queries';
import classes from './audit-screen.module.css';
import { EntryDrawer } from './entry-drawer';
import { EntryTable } from './entry-table';
import { ExportDialog } from './export-dialog';
import { Filters } from './filters';

/** 日志: who did what, when, on which device (R14, R139, R140). In the address: `user`, `kind`, `days` (with `from` and `to`), `q`, and `entry` that is open. */
export function AuditScreen() {
  const { t } = useTranslation('audit');
  const set = useSetParams();
  const reasonOf = useFaultText();
  const now = useNow();
  const span = spanOf({ days: useParam('days'), from: useParam('from'), to: useParam('to') }, now);
  const filter = { userId: useParam('user'), kind: useParam('kind'), ...span, text: useParam('q').trim() };
  const open = useParam('entry');
  const [exporting, setExporting] = useState(false);
  const mayExport = useQuery(canExportQuery).data ?? false;
  const list = useInfiniteQuery(entriesQuery(filter));
  const entries = list.data?.pages.flatMap((page) => page.entries) ?? [];
  const shown = entries.find(({ id }) => id === open);
  const filtered = filter.userId !== '' || filter.kind !== '' || filter.from !== '' || filter.to !== '' || filter.text !== '';
  return (
    <>
      <Panes id="audit" drawer={shown ? <EntryDrawer key={open} entry={shown} onClose={() => set({ entry: '' })} /> : null}>
        <ScreenHeader title={t('title')}>
          {mayExport && (
            <Button icon={<IconDownload size={16} stroke={1.7} />} aria-haspopup="dialog" onClick={() => setExporting(true)}>
              {t('export.open')}
            </Button>
          )}
        </ScreenHeader>
        <Filters />
        <section className={classes.body} aria-label={t('list')}>
          {list.isPending && (
            <Loading>
              <SkeletonRows rows={6} />
            </Loading>
          )}
          {list.error && !list.data && <ErrorState text={t('failed')} reason={reasonOf(list.error)} onRetry={() => void list.refetch()} />}
          {list.data && entries.length === 0 && (
            <EmptyState
              icon={<IconHistory size={36} stroke={1.3} />}
              text={filtered ? t('none') : t('empty')}
              action={filtered && <Button onClick={() => set({ user: '', kind: '', days: '', from: '', to: '', q: '' }, { replace: true })}>{t('clear')}</Button>}
            />
          )}
          {entries.length > 0 && (
            <EntryTable
              entries={entries}
              selected={open}
              onSelect={(id) => set({ entry: id }, { replace: open !== '' })}
              onEnd={() => {
                if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage();
              }}
            />
          )}
        </section>
      </Panes>
      {exporting && <ExportDialog onClose={() => setExporting(false)} />}
    </>
  );
}
