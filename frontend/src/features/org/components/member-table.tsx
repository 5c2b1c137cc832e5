import { useVirtualizer } from '@tanstack/react-virtual';
import { clsx } from 'clsx';
import type { TFunction } from 'i18next';
import { memo, useEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Avatar } from '../../../ui/avatar';
import { Tag } from '../../../ui/tag';
import { target } from '../../../ui/virtual-list';
import type { Member } from '../model';
import classes from './member-table.module.css';

interface MemberTableProps {
  members: readonly Member[];
  /** All that there are; more than `members` while pages are still to come. */
  total: number;
  selected: string;
  onSelect: (userId: string) => void;
  onEnd: () => void;
}

const ROW_PX = 44;
const OVERSCAN = 8;

const rowId = (userId: string): string => `member-${userId}`;

/** Rows are plain DOM in a virtual grid. The arrow keys move through it, also behind an open profile. */
export function MemberTable({ members, total, selected, onSelect, onEnd }: MemberTableProps) {
  const { t } = useTranslation('org');
  const scroller = useRef<HTMLDivElement>(null);
   
  const list = useVirtualizer({
    count: members.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    getItemKey: (index) => members[index]?.userId ?? index,
  });
  const rows = list.getVirtualItems();
  const lastRow = rows[rows.length - 1]?.index ?? -1;
  useEffect(() => {
    if (lastRow >= members.length - OVERSCAN) onEnd();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each end that comes near
  }, [lastRow, members.length]);

  const active = members.findIndex((m) => m.userId === selected);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 1);
    const next = target(event.key, active, members.length, page);
    const member = next === null ? undefined : members[next];
    if (next === null || !member) return;
    event.preventDefault();
    onSelect(member.userId);
    list.scrollToIndex(next);
  };
  return (
    <div
      ref={scroller}
      className={`scroll ${classes.table ?? ''}`}
      role="grid"
      aria-label={t('table.label')}
      aria-rowcount={total + 1}
      aria-activedescendant={active < 0 ? undefined : rowId(selected)}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={classes.head} role="row" aria-rowindex={1}>
        {(['name', 'staffNo', 'position', 'department', 'status'] as const).map((column) => (
          <span key={column} role="columnheader">
            {t(`table.${column}`)}
          </span>
        ))}
      </div>
      <div className={classes.rows} style={{ height: list.getTotalSize() }} role="presentation">
        {rows.map((item) => {
          const member = members[item.index];
          return (
            member && (
              <div key={item.key} className={classes.place} style={{ transform: `translateY(${item.start}px)` }} role="presentation">
                <Row member={member} index={item.index + 2} selected={member.userId === selected} t={t} onSelect={onSelect} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  member: Member;
  /** Counting the header, from 1. */
  index: number;
  selected: boolean;
  t: TFunction<'org'>;
  onSelect: (userId: string) => void;
}

/** What is empty in the table is a dash. */
const NONE = '—';

const Row = memo(function Row({ member, index, selected, t, onSelect }: RowProps) {
  const { userId, name, avatar, self, staffNo, position, departmentPath, online, role, kind, standing } = member;
  return (
    <div
      role="row"
      id={rowId(userId)}
      aria-rowindex={index}
      aria-selected={selected}
      className={clsx(classes.row, selected && classes.selected)}
      onClick={() => onSelect(userId)}
    >
      <span role="gridcell" className={classes.person}>
        <Avatar name={name} colour={avatar} size={28} />
        <span className={classes.name}>{name}</span>
        {self && <Tag>{t('table.me')}</Tag>}
        {(role === 'owner' || role === 'admin') && <Tag tone="brand">{t(`role.${role}`)}</Tag>}
        {kind === 'external' && <Tag tone="warning">{t('kind.externalShort')}</Tag>}
      </span>
      <span role="gridcell">{staffNo || NONE}</span>
      <span role="gridcell">{position || NONE}</span>
      <span role="gridcell" title={departmentPath.join(' / ')}>
        {departmentPath[departmentPath.length - 1] ?? NONE}
      </span>
      {standing === 'active' ? (
        <span role="gridcell" className={clsx(classes.status, online && classes.online)}>
          {online || self ? t('table.online') : t('table.offline')}
        </span>
      ) : (
        <span role="gridcell">
          <Tag tone={standing === 'frozen' ? 'warning' : 'neutral'}>{t(`standingShort.${standing}`)}</Tag>
        </span>
      )}
    </div>
  );
});
