import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { IconChevronDown } from '../../../ui/icons';
import { Menu } from '../../../ui/menu';
import { useToast } from '../../../ui/toast';
import { higherRoles } from '../model';
import type { GrantableRole, Member } from '../model';
import { useGrantRole } from '../queries';
import classes from './profile-drawer.module.css';

/** A member's role, which an owner can change. */
export function RoleField({ member }: { member: Member }) {
  const { t } = useTranslation('org');
  const { mutate, isPending } = useGrantRole(member.userId);
  const toast = useToast();
  const reasonOf = useFaultText();
  const choose = (role: GrantableRole) => {
    if (isPending) return;
    mutate(role, {
      onSuccess: () => toast(t('profile.granted', { name: member.name, role: t(`role.${role}`) })),
      onError: (error) => toast(t('profile.grantFailed', { reason: reasonOf(error) })),
    });
  };
  const items = higherRoles(member.role).map((role) => ({
    key: role,
    label: t(`role.${role}`),
    help: t(`roleHelp.${role}`),
    onClick: () => choose(role),
  }));
  return (
    <Menu groups={[items]} side="bottom-start" width={260}>
      <button type="button" className={classes.role} aria-label={`${t('profile.grant')}：${t(`role.${member.role}`)}`}>
        {t(`role.${member.role}`)}
        <IconChevronDown size={14} stroke={1.8} aria-hidden />
      </button>
    </Menu>
  );
}
