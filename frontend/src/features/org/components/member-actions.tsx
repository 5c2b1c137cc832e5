import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { useSetParams } from '../../../platform/navigation';
import { Button } from '../../../ui/button';
import { IconBriefcase, IconDots, IconLockOpen, IconSitemap, IconSnowflake, IconUserCircle, IconUserMinus, IconUserShield } from '../../../ui/icons';
import { Menu } from '../../../ui/menu';
import type { MenuItem } from '../../../ui/menu';
import { useToast } from '../../../ui/toast';
import type { Member } from '../model';
import { useRemovePicture } from '../queries';
import { DutyDialog } from './duty-dialog';
import { FreezeDialog } from './freeze-dialog';
import { PlaceDialog } from './place-dialog';
import { RoleDialog } from './role-dialog';

type Task = 'role' | 'place' | 'duty' | 'freeze' | 'unfreeze';

/** What I may do about a colleague's account; nothing when I may do nothing. */
export function MemberActions({ member }: { member: Member }) {
  const { t } = useTranslation('org');
  const set = useSetParams();
  const [task, setTask] = useState<Task | null>(null);
  const close = () => setTask(null);
  const icon = { size: 16, stroke: 1.7 };
  const { standing, canManage, canPlace, canState, canFreeze, canRemovePicture } = member;
  const removePicture = useRemovePicture();
  const toast = useToast();
  const reasonOf = useFaultText();
  const here = standing === 'active' || standing === 'frozen';
  const item = (key: Task, node: MenuItem['icon'], danger = false): MenuItem => ({ key, label: t(`manage.${key}`), icon: node, danger, onClick: () => setTask(key) });

  const takeAway = () =>
    removePicture.mutate(member.userId, { onSuccess: () => toast(t('picture.removed')), onError: (error) => toast(t('picture.failed', { reason: reasonOf(error) })) });

  const manage: MenuItem[] = [
    ...(canManage ? [item('role', <IconUserShield {...icon} />)] : []),
    ...(canPlace ? [item('place', <IconSitemap {...icon} />)] : []),
    ...(canState ? [item('duty', <IconBriefcase {...icon} />)] : []),
    ...(canRemovePicture ? [{ key: 'picture', label: t('picture.removeOther'), icon: <IconUserCircle {...icon} />, onClick: takeAway }] : []),
  ];
  const end: MenuItem[] =
    canFreeze && here
      ? [
          standing === 'frozen' ? item('unfreeze', <IconLockOpen {...icon} />) : item('freeze', <IconSnowflake {...icon} />, true),
          { key: 'offboard', label: t('manage.offboard'), icon: <IconUserMinus {...icon} />, danger: true, onClick: () => set({ offboard: member.userId }) },
        ]
      : [];
  if (manage.length + end.length === 0) return null;
  return (
    <>
      <Menu groups={[standing === 'active' ? manage : [], end]} side="bottom-end" width={200}>
        <Button icon={<IconDots {...icon} />} aria-haspopup="menu">
          {t('manage.title')}
        </Button>
      </Menu>
      {task === 'role' && <RoleDialog member={member} onClose={close} />}
      {task === 'place' && <PlaceDialog member={member} onClose={close} />}
      {task === 'duty' && <DutyDialog subject={{ userId: member.userId, departmentId: '', name: member.name, duty: member.duty }} onClose={close} />}
      {(task === 'freeze' || task === 'unfreeze') && <FreezeDialog member={member} freeze={task === 'freeze'} onClose={close} />}
    </>
  );
}
