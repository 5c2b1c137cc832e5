import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { useParam, useSetParams } from '../../../platform/navigation';
import { INVITE } from '../../../platform/places';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorState } from '../../../ui/error-state';
import { IconButton } from '../../../ui/icon-button';
import { IconDots, IconInfoCircle, IconUserPlus, IconUsers } from '../../../ui/icons';
import { Menu } from '../../../ui/menu';
import { SearchInput } from '../../../ui/search-input';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { canManage } from '../model';
import { departmentsQuery, membersQuery } from '../queries';
import type { DepartmentTask } from './department-dialog';
import { useDepartmentActions } from './department-menu';
import { MemberFilters } from './member-filters';
import { MemberTable } from './member-table';
import classes from './members-pane.module.css';

interface MembersPaneProps {
  /** "" for everybody. */
  departmentId: string;
  /** Whose profile is open. */
  person: string;
  onPerson: (userId: string) => void;
  onTask: (task: DepartmentTask) => void;
}

/** The members of a department and below it, or of everybody. */
export function MembersPane({ departmentId, person, onPerson, onTask }: MembersPaneProps) {
  const { t } = useTranslation('org');
  const { role } = useAppState();
  const set = useSetParams();
  const text = useParam('q');
  const department = useQuery(departmentsQuery).data?.find((d) => d.id === departmentId) ?? null;
  const filter = { standing: useParam('standing'), kind: useParam('kind'), role: useParam('role') };
  const filtered = filter.standing !== '' || filter.kind !== '' || filter.role !== '';
  const members = useInfiniteQuery(membersQuery(text.trim(), departmentId, filter));
  const actions = useDepartmentActions(onTask);
  const reasonOf = useFaultText();

  const invite = () => set({ [INVITE]: '1' });
  const title = department?.name ?? t('tree.all');
  const list = members.data?.pages.flatMap((page) => page.members) ?? [];
  return (
    <section className={classes.pane} aria-label={title}>
      <header className={classes.header}>
        <h2 className={classes.title}>{title}</h2>
        {members.data && <span className={classes.count}>{t('table.total', { n: members.data.pages[0]?.total ?? 0 })}</span>}
        {canManage(role) && (
          <Menu groups={actions(department)} side="bottom-start">
            <IconButton label={t('tree.actions', { name: title })} size="sm" tooltipSide="bottom" aria-haspopup="menu">
              <IconDots size={16} stroke={1.7} />
            </IconButton>
          </Menu>
        )}
        {department && (
          <IconButton label={t('tree.about', { name: title })} size="sm" tooltipSide="bottom" onClick={() => set({ about: department.id, person: '', request: '' })}>
            <IconInfoCircle size={16} stroke={1.7} />
          </IconButton>
        )}
        <span className={classes.space} />
        <MemberFilters filter={filter} onFilter={(change) => set(change, { replace: true })} />
        <div className={classes.search}>
          <SearchInput label={t('table.search')} placeholder={t('table.search')} value={text} onSearch={(q) => set({ q }, { replace: true })} />
        </div>
        {canManage(role) && (
          <Button kind="primary" icon={<IconUserPlus size={16} stroke={1.8} />} onClick={invite} aria-haspopup="dialog">
            {t('table.invite')}
          </Button>
        )}
      </header>
      {members.isPending && (
        <Loading>
          <SkeletonRows rows={6} />
        </Loading>
      )}
      {members.error && !members.data && <ErrorState text={t('table.failed')} reason={reasonOf(members.error)} onRetry={() => void members.refetch()} />}
      {members.data && list.length === 0 && (
        <Nobody
          text={text}
          filtered={filtered}
          t={t}
          onClear={() => set({ q: '', standing: '', kind: '', role: '' }, { replace: true })}
          onAll={() => set({ department: '' })}
        />
      )}
      {list.length > 0 && (
        <MemberTable
          members={list}
          total={members.data?.pages[0]?.total ?? list.length}
          selected={person}
          onSelect={onPerson}
          onEnd={() => {
            if (members.hasNextPage && !members.isFetchingNextPage) void members.fetchNextPage();
          }}
        />
      )}
      {list.length === 1 && list[0]?.self && text === '' && departmentId === '' && !filtered && <p className={classes.alone}>{t('table.alone')}</p>}
    </section>
  );
}

interface NobodyProps {
  text: string;
  /** Something else than the department leaves people out. */
  filtered: boolean;
  t: TFunction<'org'>;
  onClear: () => void;
  onAll: () => void;
}

function Nobody({ text, filtered, t, onClear, onAll }: NobodyProps) {
  const icon = <IconUsers size={36} stroke={1.3} />;
  if (text) return <EmptyState icon={icon} text={t('table.none', { text })} action={<Button onClick={onClear}>{t('table.clear')}</Button>} />;
  if (filtered) return <EmptyState icon={icon} text={t('table.noneFiltered')} action={<Button onClick={onClear}>{t('table.clearFilters')}</Button>} />;
  return <EmptyState icon={icon} text={t('table.emptyDepartment')} action={<Button onClick={onAll}>{t('table.showAll')}</Button>} />;
}
