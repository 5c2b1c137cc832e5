import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { ErrorState } from '../../../ui/error-state';
import { IconButton } from '../../../ui/icon-button';
import { IconPlus } from '../../../ui/icons';
import { ContextMenu } from '../../../ui/menu';
import { ScreenHeader } from '../../../ui/screen-header';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { canManage, directoryRows, initiallyOpen } from '../model';
import { departmentsQuery } from '../queries';
import type { DepartmentTask } from './department-dialog';
import { useDepartmentActions } from './department-menu';
import { DepartmentTree } from './department-tree';
import classes from './departments-pane.module.css';
import { ViewNav } from './view-nav';
import type { OrgView } from './view-nav';

/** Selects no row: the middle shows something else than people. */
const NOTHING = '-';

interface DepartmentsPaneProps {
  selected: string;
  onSelect: (id: string) => void;
  onTask: (task: DepartmentTask) => void;
  view: OrgView;
  onView: (view: OrgView) => void;
}

export function DepartmentsPane({ selected, onSelect, onTask, view, onView }: DepartmentsPaneProps) {
  const { t } = useTranslation('org');
  const { role } = useAppState();
  const reasonOf = useFaultText();
  const departments = useQuery(departmentsQuery);
  // null until someone opens or closes one: until then the upper levels are open.
  const [opened, setOpened] = useState<ReadonlySet<string> | null>(null);
  const [menu, setMenu] = useState<{ id: string; x: number; y: number } | null>(null);
  const actions = useDepartmentActions(onTask);
  const list = departments.data ?? [];
  const open = opened ?? initiallyOpen(list);

  const toggle = (id: string, expand: boolean) => {
    const next = new Set(open);
    if (expand) next.add(id);
    else next.delete(id);
    setOpened(next);
  };
  return (
    <section className={classes.pane} aria-label={t('tree.heading')}>
      <ScreenHeader title={t('title')} compact>
        {canManage(role) && (
          <IconButton label={t('tree.create')} tooltipSide="bottom" aria-haspopup="dialog" onClick={() => onTask({ kind: 'create', parentId: selected })}>
            <IconPlus size={18} stroke={1.7} />
          </IconButton>
        )}
      </ScreenHeader>
      {departments.isPending && (
        <Loading>
          <SkeletonRows rows={5} />
        </Loading>
      )}
      {departments.isError && !departments.data && <ErrorState text={t('tree.failed')} reason={reasonOf(departments.error)} onRetry={() => void departments.refetch()} />}
      {departments.data && (
        <DepartmentTree
          rows={directoryRows(list, open, t('tree.all'))}
          selected={view === '' ? selected : NOTHING}
          onSelect={onSelect}
          onOpen={toggle}
          onMenu={(id, at) => {
            if (canManage(role)) setMenu({ id, ...at });
          }}
        />
      )}
      {departments.data?.length === 0 && <p className={classes.hint}>{t('tree.emptyHelp')}</p>}
      <ViewNav view={view} onView={onView} />
      <ContextMenu at={menu} label={t('tree.menu')} groups={menu ? actions(list.find((d) => d.id === menu.id) ?? null) : []} onClose={() => setMenu(null)} />
    </section>
  );
}
