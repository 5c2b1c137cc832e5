import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useFaultText } from '../../../platform/fault-text';
import { useGo } from '../../../platform/navigation';
import { Banner } from '../../../ui/banner';
import { Avatar } from '../../../ui/avatar';
import { Button } from '../../../ui/button';
import { Drawer } from '../../../ui/drawer';
import { ErrorState } from '../../../ui/error-state';
import { FieldList } from '../../../ui/field-list';
import { IconEdit, IconMessage, IconSnowflake, IconUserOff } from '../../../ui/icons';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { Tag } from '../../../ui/tag';
import { useNow } from '../../../ui/use-now';
import type { Member } from '../model';
import { departmentsQuery, memberQuery } from '../queries';
import { MemberActions } from './member-actions';
import { ProfileDialog } from './profile-dialog';
import classes from './profile-drawer.module.css';

interface ProfileDrawerProps {
  userId: string;
  onClose: () => void;
}

export function ProfileDrawer({ userId, onClose }: ProfileDrawerProps) {
  const { t } = useTranslation('org');
  const { data, error, refetch } = useQuery(memberQuery(userId));
  const reasonOf = useFaultText();
  return (
    <Drawer title={t('profile.title')} onClose={onClose}>
      {data ? (
        <Profile member={data} />
      ) : error ? (
        <ErrorState text={t('profile.failed')} reason={reasonOf(error)} onRetry={() => void refetch()} />
      ) : (
        <Loading>
          <SkeletonRows rows={2} />
        </Loading>
      )}
    </Drawer>
  );
}

function Profile({ member }: { member: Member }) {
  const { t } = useTranslation('org');
  const go = useGo();
  const [editing, setEditing] = useState(false);
  const presence = member.online || member.self ? t('table.online') : t('table.offline');
  return (
    <>
      <div className={classes.card}>
        <Avatar name={member.name} userId={member.userId} colour={member.avatar} size={56} online={member.online || member.self} />
        <div className={classes.words}>
          <h3 className={classes.name}>{member.name}</h3>
          <p className={classes.detail}>{[presence, member.position].filter(Boolean).join(' · ')}</p>
          {member.picture !== '' && !member.pictureHere && <p className={classes.detail}>{t('picture.waiting')}</p>}
          {member.namesake && <p className={classes.detail}>{t('profile.namesake')}</p>}
        </div>
        {member.self && <Tag>{t('table.me')}</Tag>}
      </div>
      <Standing member={member} />
      <div className={classes.action}>
        {member.self ? (
          <Button icon={<IconEdit size={16} stroke={1.7} />} aria-haspopup="dialog" onClick={() => setEditing(true)} fullWidth>
            {t('profile.edit')}
          </Button>
        ) : (
          <>
            <div className={classes.main}>
              <Button kind="primary" icon={<IconMessage size={16} stroke={1.7} />} onClick={() => go('/chat', { person: member.userId })} fullWidth>
                {t('profile.message')}
              </Button>
            </div>
            <MemberActions member={member} />
          </>
        )}
      </div>
      <Fields member={member} />
      {editing && <ProfileDialog onClose={() => setEditing(false)} />}
    </>
  );
}

/** Why someone cannot do anything at the moment, or any more. */
function Standing({ member }: { member: Member }) {
  const { t, i18n } = useTranslation('org');
  const now = useNow();
  const { standing, since } = member;
  if (standing === 'active') return null;
  const at = Date.parse(since);
  const Icon = standing === 'frozen' ? IconSnowflake : IconUserOff;
  return (
    <div className={classes.standing}>
      <Banner tone={standing === 'frozen' ? 'warning' : 'neutral'} icon={<Icon size={16} stroke={1.8} />}>
        {t(`standing.${standing}`)}
        {!Number.isNaN(at) && ` · ${timeText(i18n.language).full(at, now)}`}
      </Banner>
    </div>
  );
}

/** What is empty in a profile is a dash: one can tell that it is missing. */
const NONE = '—';

function Fields({ member }: { member: Member }) {
  const { t, i18n } = useTranslation('org');
  const departments = useQuery(departmentsQuery).data ?? [];
  const roles = member.roles.map(({ role, departmentId }) => {
    const department = departments.find(({ id }) => id === departmentId);
    return department ? t('profile.roleOf', { role: t(`role.${role}`), department: department.name }) : t(`role.${role}`);
  });
  const fields = [
    ...(member.duty ? [{ label: t('profile.duty'), value: <span className={classes.duty}>{member.duty}</span> }] : []),
    { label: t('profile.staffNo'), value: member.staffNo || NONE },
    { label: t('profile.department'), value: member.departmentPath.join(' / ') || NONE },
    { label: t('profile.position'), value: member.position || NONE },
    { label: t('profile.phone'), value: member.phone || NONE },
    { label: t('profile.email'), value: member.email || NONE },
    { label: t('profile.kind'), value: t(`kind.${member.kind}`) },
    { label: t('profile.role'), value: roles.join(t('profile.comma')) || t(`role.${member.role}`) },
    ...(member.joinedAt ? [{ label: t('profile.joined'), value: timeText(i18n.language).date(Date.parse(member.joinedAt)) }] : []),
  ];
  return <FieldList fields={fields} />;
}
