import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { useParam, useSetParams } from '../../../platform/navigation';
import { Button } from '../../../ui/button';
import { ErrorState } from '../../../ui/error-state';
import { Group } from '../../../ui/group';
import { IconPlus } from '../../../ui/icons';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import type { Device } from '../model';
import { devicesQuery } from '../queries';
import { DeviceRow } from './device-row';
import classes from './devices.module.css';
import { LinkDialog } from './link-dialog';
import { RescueDialog } from './rescue-dialog';
import { RevokeDialog } from './revoke-dialog';

/** The devices of one's account: what they are, signing them out, linking another (R2, R17, R18). In the address: `do=link`. */
export function DevicesSection() {
  const { t } = useTranslation('account');
  const reasonOf = useFaultText();
  const setParams = useSetParams();
  const linking = useParam('do') === 'link';
  const devices = useQuery(devicesQuery);
  const [revoking, setRevoking] = useState<Device | null>(null);
  const [opening, setOpening] = useState<Device | null>(null);
  const active = devices.data?.filter(({ state }) => state === 'active') ?? [];
  const gone = devices.data?.filter(({ state }) => state === 'revoked') ?? [];
  return (
    <>
      <Group
        title={t('devices.mine')}
        help={t('devices.help')}
        control={
          <Button icon={<IconPlus size={16} stroke={1.8} />} aria-haspopup="dialog" onClick={() => setParams({ do: 'link' })}>
            {t('devices.link')}
          </Button>
        }
      >
        {devices.isPending && (
          <Loading>
            <SkeletonRows rows={2} />
          </Loading>
        )}
        {devices.error && !devices.data && (
          <ErrorState text={t('devices.failed')} reason={reasonOf(devices.error)} onRetry={() => void devices.refetch()} />
        )}
        <ul className={classes.list} aria-label={t('devices.mine')}>
          {active.map((device) => (
            <DeviceRow key={device.id} device={device} onRevoke={() => setRevoking(device)} onCode={() => setOpening(device)} />
          ))}
        </ul>
      </Group>
      {gone.length > 0 && (
        <Group title={t('devices.gone')} help={t('devices.goneHelp')}>
          <ul className={classes.list} aria-label={t('devices.gone')}>
            {gone.map((device) => (
              <DeviceRow key={device.id} device={device} onRevoke={() => undefined} />
            ))}
          </ul>
        </Group>
      )}
      {revoking && <RevokeDialog device={revoking} onClose={() => setRevoking(null)} />}
      {opening && <RescueDialog device={opening} onClose={() => setOpening(null)} />}
      {linking && <LinkDialog onClose={() => setParams({ do: '' }, { replace: true })} />}
    </>
  );
}
