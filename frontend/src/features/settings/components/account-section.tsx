import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { useGo, useSetParams } from '../../../platform/navigation';
import { INVITE, LEAVE } from '../../../platform/places';
import { Button } from '../../../ui/button';
import { IconEdit, IconLogout, IconUserPlus } from '../../../ui/icons';
import { deviceQuery } from '../queries';
import { Facts, Group } from '../../../ui/group';

export function AccountSection() {
  const { t } = useTranslation('settings');
  const { me, role, teamName, os } = useAppState();
  const device = useQuery(deviceQuery);
  const setParams = useSetParams();
  const go = useGo();
  const system = os === 'darwin' || os === 'windows' || os === 'linux' ? t(`account.systems.${os}`) : os;
  return (
    <>
      <Group
        title={t('account.me')}
        help={t('account.meHelp')}
        control={
          <Button icon={<IconEdit size={16} stroke={1.7} />} onClick={() => go('/org', { person: me.userId })}>
            {t('account.edit')}
          </Button>
        }
      >
        <Facts
          facts={[
            { name: t('account.name'), value: me.name },
            { name: t('account.role'), value: t(`account.roles.${role}`) },
            { name: t('account.userId'), value: me.userId, code: true },
          ]}
        />
      </Group>
      <Group
        title={t('account.team')}
        help={teamName}
        control={
          <Button icon={<IconUserPlus size={16} stroke={1.7} />} onClick={() => setParams({ [INVITE]: '1' })}>
            {t('account.invite')}
          </Button>
        }
      />
      <Group title={t('account.device')} help={t('account.deviceHelp')}>
        <Facts
          facts={[
            { name: t('account.deviceName'), value: device.data ?? '' },
            { name: t('account.system'), value: system },
            { name: t('account.deviceId'), value: me.deviceId, code: true },
          ]}
        />
      </Group>
      <Group
        title={t('account.leave')}
        help={t('account.leaveHelp')}
        control={
          <Button icon={<IconLogout size={16} stroke={1.7} />} aria-haspopup="dialog" onClick={() => setParams({ [LEAVE]: '1' })}>
            {t('account.leaveStart')}
          </Button>
        }
      />
    </>
  );
}
