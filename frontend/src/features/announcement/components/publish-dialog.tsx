import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Checkbox } from '../../../ui/checkbox';
import { Dialog } from '../../../ui/dialog';
import { Textarea } from '../../../ui/textarea';
import { TextInput } from '../../../ui/text-input';
import { useToast } from '../../../ui/toast';
import { checkDraft, TEXT_MAX, TITLE_MAX } from '../model';
import type { Draft } from '../model';
import { usePublish } from '../queries';
import classes from './publish-dialog.module.css';

interface PublishDialogProps {
  onClose: () => void;
  onDone: (id: string) => void;
}

export function PublishDialog({ onClose, onDone }: PublishDialogProps) {
  const { t } = useTranslation(['announcement', 'ui']);
  const [draft, setDraft] = useState<Draft>({ title: '', text: '', needAck: false });
  const [touched, setTouched] = useState(false);
  const publish = usePublish();
  const toast = useToast();
  const reasonOf = useFaultText();
  const errors = checkDraft(draft);
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));

  const submit = () => {
    setTouched(true);
    if (errors.title || errors.text) return;
    publish.mutate(draft, {
      onSuccess: ({ id }) => {
        toast(t('publish.done'));
        onDone(id);
      },
    });
  };
  const titleError = errors.title === 'long' ? t('publish.titleLong', { max: TITLE_MAX }) : errors.title && t('publish.titleRequired');
  const textError = errors.text === 'long' ? t('publish.textLong', { max: TEXT_MAX }) : errors.text && t('publish.textRequired');
  return (
    <Dialog
      opened
      title={t('publish.title')}
      size="md"
      onClose={onClose}
      footer={
        <>
          <span className={classes.scope}>{t('publish.scope')}</span>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind="primary" loading={publish.isPending} onClick={submit}>
            {t('publish.submit')}
          </Button>
        </>
      }
    >
      <div className={classes.form}>
        {publish.error && (
          <Banner tone="danger" alert>
            {t('publish.failed', { reason: reasonOf(publish.error) })}
          </Banner>
        )}
        <TextInput
          label={t('publish.heading')}
          required
          autoFocus
          value={draft.title}
          onChange={(title) => set({ title })}
          placeholder={t('publish.headingPlaceholder')}
          error={touched ? titleError : undefined}
        />
        <Textarea
          label={t('publish.text')}
          required
          minRows={8}
          maxRows={16}
          value={draft.text}
          onChange={(text) => set({ text })}
          placeholder={t('publish.textPlaceholder')}
          error={touched ? textError : undefined}
        />
        <Checkbox label={t('publish.needAck')} help={t('publish.needAckHelp')} checked={draft.needAck} onChange={(needAck) => set({ needAck })} />
      </div>
    </Dialog>
  );
}
