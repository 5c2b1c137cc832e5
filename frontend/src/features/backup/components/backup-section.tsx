import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Fault, toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { useParam, useSetParams } from '../../../platform/navigation';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { ErrorState } from '../../../ui/error-state';
import { Group } from '../../../ui/group';
import { IconDeviceFloppy } from '../../../ui/icons';
import { useToast } from '../../../ui/toast';
import type { Backup } from '../model';
import { backupQuery, useForget, useRun } from '../queries';
import { BackupState } from './backup-state';
import classes from './backup.module.css';
import { SetUpDialog } from './set-up-dialog';

/** Where this device backs up to, and how the last one went. In the address: `do=setup` opens the dialog. */
export function BackupSection() {
  const { t } = useTranslation('backup');
  const { data: backup, error, refetch } = useQuery(backupQuery);
  const reasonOf = useFaultText();
  const setParams = useSetParams();
  const task = useParam('do');
  const close = () => setParams({ do: '' }, { replace: true });
  if (error && !backup) return <ErrorState text={t('unknown')} reason={reasonOf(error)} code={toFault(error).code} onRetry={() => void refetch()} />;
  if (!backup) return null;
  return (
    <>
      <Place backup={backup} onSetUp={() => setParams({ do: 'setup' })} />
      <Group title={t('rule.title')} help={backup.days > 0 ? t('rule.help', { count: backup.days }) : t('rule.off')} />
      <Group title={t('restore.title')} help={t('restore.help')} />
      {task === 'setup' && <SetUpDialog onClose={close} />}
    </>
  );
}

function Place({ backup, onSetUp }: { backup: Backup; onSetUp: () => void }) {
  const { t } = useTranslation('backup');
  const run = useRun();
  const forget = useForget();
  const toast = useToast();
  const reasonOf = useFaultText();
  const failed = (error: unknown) => toast(t('failed', { reason: reasonOf(error) }));
  const running = backup.phase !== '';
  if (backup.folder === '') {
    return (
      <Group
        title={t('place.title')}
        help={t('place.none')}
        control={
          <Button kind="primary" icon={<IconDeviceFloppy size={16} stroke={1.8} />} aria-haspopup="dialog" onClick={onSetUp}>
            {t('setUp.open')}
          </Button>
        }
      />
    );
  }
  return (
    <Group
      title={t('place.title')}
      help={t('place.help')}
      control={
        !running && (
          <Button kind="primary" loading={run.isPending} onClick={() => run.mutate(undefined, { onError: failed })}>
            {t('place.now')}
          </Button>
        )
      }
    >
      <div className={classes.state}>
        {backup.failed.code !== '' && !running && (
          <Banner tone="danger" alert>
            {t('failed', { reason: reasonOf(new Fault(backup.failed.code, backup.failed.params)) })}
          </Banner>
        )}
        <BackupState backup={backup} />
        {!running && (
          <div className={classes.buttons}>
            <Button size="sm" aria-haspopup="dialog" onClick={onSetUp}>
              {t('place.change')}
            </Button>
            <Button size="sm" loading={forget.isPending} onClick={() => forget.mutate(undefined, { onError: failed, onSuccess: () => toast(t('place.forgotten')) })}>
              {t('place.forget')}
            </Button>
          </div>
        )}
      </div>
    </Group>
  );
}
