import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { IconWifiOff } from '../../../ui/icons';
import { connectionsQuery } from '../queries';
import classes from './offline-notice.module.css';

/** The bar above the screen while there is no network. Nothing is blocked. */
export function OfflineNotice() {
  const { t } = useTranslation('connections');
  const { data } = useQuery(connectionsQuery);
  if (data?.state !== 'offline') return null;
  return (
    <div className={classes.notice} role="status">
      <IconWifiOff size={15} stroke={1.8} aria-hidden />
      {data.upload > 0 ? t('notice.offline', { count: data.upload }) : t('notice.offlineNone')}
    </div>
  );
}
