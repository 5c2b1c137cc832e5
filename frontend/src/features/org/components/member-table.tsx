import { clsx } from 'clsx';
import type { TFunction } from 'i18next';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { Avatar } from '../../../ui/avatar';
import { Tag } from '../../../ui/tag';
import { VirtualTable } from '../../../ui/virtual-table';
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

export function MemberTable({ members, total, selected, onSelect, onEnd }: MemberTableProps) {
  const { t } = useTranslation('org');
  const columns = (['name', 'staffNo', 'position', 'department', 'status'] as const).map((column) => t(`table.${column}`));
  return (
    <VirtualTable
      label={t('table.label')}
      className={classes.table ?? ''}
      columns={columns}
      items={members}
      total={total}
      keyOf={({ userId }) => userId}
      selected={selected}
      onSelect={onSelect}
      onEnd={onEnd}
    >
      {(member) => <Cells member={member} t={t} />}
    </VirtualTable>
  );
}

/** What is empty in the table is a dash. */
const NONE = '—';

const Cells = memo(function Cells({ member, t }: { member: Member; t: TFunction<'org'> }) {
  const { userId, name, avatar, self, staffNo, position, departmentPath, online, role, kind, standing } = member;
  return (
    <>
      <span role="gridcell" className={classes.person}>
        <Avatar name={name} userId={userId} colour={avatar} size={28} />
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
    </>
  );
});
