import { useTranslation } from 'react-i18next';
import { inGroups } from '../../../lib/groups';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { CopyButton } from '../../../ui/copy-button';
import { Dialog } from '../../../ui/dialog';
import { FieldList } from '../../../ui/field-list';
import { IconAlertCircle, IconCircleCheck } from '../../../ui/icons';
import { useExport } from '../queries';
import classes from './export-dialog.module.css';

/** Writes the log as a file that proves itself, and says how to check it. */
export function ExportDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['audit', 'ui']);
  const reasonOf = useFaultText();
  const { mutate, data, error, isPending } = useExport();
  return (
    <Dialog
      opened
      title={t('export.title')}
      size="md"
      onClose={onClose}
      footer={
        data ? (
          <Button kind="primary" onClick={onClose}>
            {t('ui:close')}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t('ui:cancel')}</Button>
            <Button kind="primary" autoFocus loading={isPending} onClick={() => mutate()}>
              {t('export.submit')}
            </Button>
          </>
        )
      }
    >
      <div className={classes.body}>
        {error && (
          <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
            {t('export.failed', { reason: reasonOf(error) })}
          </Banner>
        )}
        {data ? (
          <>
            <Banner tone="success" icon={<IconCircleCheck size={16} stroke={1.8} />}>
              {t('export.done', { count: data.entries })}
            </Banner>
            <FieldList
              fields={[
                { label: t('export.path'), value: data.path },
                { label: t('export.digest'), value: <code className={classes.code}>{inGroups(data.digest, 8)}</code> },
              ]}
            />
            <p className={classes.help}>{t('export.verify')}</p>
            <div className={classes.command}>
              <code className={`selectable ${classes.code ?? ''}`}>{command(data.path)}</code>
              <CopyButton size="sm" text={command(data.path)} label={t('ui:copy')} />
            </div>
          </>
        ) : (
          <ul className={classes.points}>
            {(['what', 'proof', 'content', 'logged'] as const).map((point) => (
              <li key={point}>{t(`export.${point}`)}</li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}

function command(path: string): string {
  return `tongzhou verify --audit "${path}"`;
}
