import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { Button } from '../../../ui/button';
import { IconDeviceLaptop } from '../../../ui/icons';
import { Tag } from '../../../ui/tag';
import { useNow } from '../../../ui/use-now';
import type { Device } from '../model';
import classes from './devices.module.css';

interface DeviceRowProps {
  device: Device;
  onRevoke: () => void;
  /** Shows the code that opens it when its passphrase is forgotten; only for one's other devices. */
  onCode?: () => void;
}

export function DeviceRow({ device, onRevoke, onCode }: DeviceRowProps) {
  const { t, i18n } = useTranslation('account');
  const now = useNow();
  const text = timeText(i18n.language);
  const { name, current, addedAt, addedBy, lastSeen, online, state, canRevoke } = device;
  const gone = state === 'revoked';
  const added = Number.isNaN(Date.parse(addedAt)) ? '' : text.date(Date.parse(addedAt));
  const seen = Date.parse(lastSeen);
  const presence = online || current ? t('devices.online') : Number.isNaN(seen) ? t('devices.neverSeen') : t('devices.seen', { time: text.full(seen, now) });
  const origin = addedBy ? t('devices.addedBy', { name: addedBy, time: added }) : t('devices.added', { time: added });
  return (
    <li className={clsx(classes.device, gone && classes.goneDevice)}>
      <span className={classes.icon} aria-hidden>
        <IconDeviceLaptop size={20} stroke={1.6} />
      </span>
      <div className={classes.words}>
        <span className={classes.line}>
          <b className={classes.name}>{name}</b>
          {current && <Tag tone="brand">{t('devices.current')}</Tag>}
          {gone && <Tag>{t('devices.revoked')}</Tag>}
        </span>
        <span className={classes.detail}>{gone ? origin : `${presence} · ${origin}`}</span>
      </div>
      {!gone && !current && onCode && (
        <Button size="sm" kind="ghost" aria-label={t('rescue.showOf', { name })} aria-haspopup="dialog" onClick={onCode}>
          {t('rescue.show')}
        </Button>
      )}
      {!gone && canRevoke && (
        <Button size="sm" aria-label={t('devices.signOutOf', { name })} aria-haspopup="dialog" onClick={onRevoke}>
          {t('devices.signOut')}
        </Button>
      )}
    </li>
  );
}
