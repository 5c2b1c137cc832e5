import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useGo } from '../../../platform/navigation';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { IconDeviceFloppy } from '../../../ui/icons';
import { reminds } from '../model';
import { backupQuery, useLater } from '../queries';
import classes from './backup.module.css';

/** Reminds of a backup that is due (R137), until it is made or put off for a day. */
export function BackupNotice() {
  const { t } = useTranslation('backup');
  const { data: backup } = useQuery(backupQuery);
  const later = useLater();
  const go = useGo();
  if (!backup || !reminds(backup)) return null;
  const first = backup.folder === '';
  return (
    <div className={classes.notice}>
      <Banner
        tone="warning"
        icon={<IconDeviceFloppy size={16} stroke={1.8} />}
        action={
          <div className={classes.buttons}>
            <Button size="sm" kind="ghost" loading={later.isPending} onClick={() => later.mutate(undefined)}>
              {t('notice.later')}
            </Button>
            <Button size="sm" onClick={() => go('/settings', first ? { section: 'backup', do: 'setup' } : { section: 'backup' })}>
              {t(first ? 'setUp.open' : 'notice.open')}
            </Button>
          </div>
        }
      >
        {first ? t('notice.none') : t('notice.due', { count: backup.days })}
      </Banner>
    </div>
  );
}
