import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { colourOf, usePeople } from '../../../platform/people';
import { Avatar } from '../../../ui/avatar';
import { Button } from '../../../ui/button';
import { Drawer } from '../../../ui/drawer';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorState } from '../../../ui/error-state';
import { IconSitemap } from '../../../ui/icons';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { canManage, pathOf } from '../model';
import type { Department, PersonRef } from '../model';
import { departmentsQuery } from '../queries';
import classes from './department-drawer.module.css';
import { DutyDialog } from './duty-dialog';

interface DepartmentDrawerProps {
  id: string;
  onPerson: (userId: string) => void;
  onClose: () => void;
}

/** Who leads a department and what it can be asked about (R25, R29). */
export function DepartmentDrawer({ id, onPerson, onClose }: DepartmentDrawerProps) {
  const { t } = useTranslation('org');
  const reasonOf = useFaultText();
  const { data, error, refetch } = useQuery(departmentsQuery);
  const department = data?.find((one) => one.id === id);
  return (
    <Drawer title={t('about.title')} onClose={onClose}>
      {department && <About department={department} path={pathOf(data ?? [], id).slice(0, -1).join(' / ')} onPerson={onPerson} />}
      {data && !department && <EmptyState icon={<IconSitemap size={36} stroke={1.3} />} text={t('about.gone')} />}
      {!data && error && <ErrorState text={t('tree.failed')} reason={reasonOf(error)} onRetry={() => void refetch()} />}
      {!data && !error && (
        <Loading>
          <SkeletonRows rows={3} />
        </Loading>
      )}
    </Drawer>
  );
}

interface AboutProps {
  department: Department;
  /** Names of what it is below, "" at the top. */
  path: string;
  onPerson: (userId: string) => void;
}

function About({ department: { id, name, heads, admins, duty, total, canState }, path, onPerson }: AboutProps) {
  const { t } = useTranslation('org');
  const { role } = useAppState();
  const [editing, setEditing] = useState(false);
  return (
    <>
      <h3 className={classes.name}>{name}</h3>
      <p className={classes.detail}>{[path, t('table.total', { n: total })].filter(Boolean).join(' · ')}</p>
      <section className={classes.section} aria-label={t('profile.duty')}>
        <div className={classes.head}>
          <h4 className={classes.heading}>{t('profile.duty')}</h4>
          {canState && (
            <Button size="sm" kind="ghost" aria-haspopup="dialog" onClick={() => setEditing(true)}>
              {t('about.editDuty')}
            </Button>
          )}
        </div>
        <p className={classes.duty}>{duty || t('about.noDuty')}</p>
      </section>
      <People title={t('role.head')} people={heads} none={t('about.noHead')} onPerson={onPerson} />
      <People title={t('role.dept_admin')} people={admins} none={t('about.noAdmin')} onPerson={onPerson} />
      {canManage(role) && <p className={classes.detail}>{t('about.rolesHelp')}</p>}
      {editing && <DutyDialog subject={{ userId: '', departmentId: id, name, duty }} onClose={() => setEditing(false)} />}
    </>
  );
}

interface PeopleProps {
  title: string;
  people: readonly PersonRef[];
  none: string;
  onPerson: (userId: string) => void;
}

function People({ title, people, none, onPerson }: PeopleProps) {
  const all = usePeople();
  return (
    <section className={classes.section} aria-label={title}>
      <h4 className={classes.heading}>{title}</h4>
      {people.length === 0 && <p className={classes.detail}>{none}</p>}
      <ul>
        {people.map(({ userId, name }) => (
          <li key={userId}>
            <button type="button" className={classes.person} onClick={() => onPerson(userId)}>
              <Avatar name={name} userId={userId} colour={colourOf(all, userId)} size={28} />
              {name}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
