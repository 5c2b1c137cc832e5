import { useTranslation } from 'react-i18next';
import { bytesText } from '../../../lib/bytes';
import { timeText } from '../../../lib/time-text';
import { Fault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Button } from '../../../ui/button';
import { Facts } from '../../../ui/group';
import { ProgressBar } from '../../../ui/progress-bar';
import { useNow } from '../../../ui/use-now';
import { qualityOf } from '../model';
import type { Backup } from '../model';
import { useCancel } from '../queries';
import classes from './backup.module.css';

/** The last backup, and the one that runs. What is not proven is not said. */
export function BackupState({ backup }: { backup: Backup }) {
  const { t, i18n } = useTranslation('backup');
  const reasonOf = useFaultText();
  const now = useNow();
  const { last, phase } = backup;
  const full = (at: string) => timeText(i18n.language).full(Date.parse(at), now);
  const quality = qualityOf(backup);
  const checked = quality === 'tested' ? t('last.tested') : t(`last.${quality}`, { reason: reasonOf(new Fault(last.code)) });
  return (
    <>
      {phase !== '' && <Running backup={backup} phase={phase} />}
      <Facts
        facts={[
          { name: t('last.folder'), value: backup.set, code: true },
          { name: t('last.at'), value: last.at === '' ? t('last.never') : full(last.at) },
          ...(last.at === ''
            ? []
            : [
                { name: t('last.size'), value: t('last.sizes', { size: bytesText(last.size), added: bytesText(last.added) }) },
                { name: t('last.checked'), value: phase === '' ? checked : t('last.checking') },
              ]),
          { name: t('last.next'), value: nextText() },
        ]}
      />
    </>
  );

  function nextText(): string {
    if (backup.due) return t('last.due');
    return backup.dueAt === '' ? '' : full(backup.dueAt);
  }
}

function Running({ backup, phase }: { backup: Backup; phase: 'writing' | 'reading' | 'testing' }) {
  const { t } = useTranslation('backup');
  const cancel = useCancel();
  const label = t(`phase.${phase}`);
  return (
    <div className={classes.progress}>
      <span role="status">{label}</span>
      <ProgressBar label={label} value={backup.total > 0 ? { done: backup.done, total: backup.total } : null} />
      <div>
        <Button size="sm" loading={cancel.isPending} onClick={() => cancel.mutate()}>
          {t('cancel')}
        </Button>
      </div>
    </div>
  );
}
