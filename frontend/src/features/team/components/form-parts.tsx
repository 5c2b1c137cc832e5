// What the ways into a team have in common.

import { useTranslation } from 'react-i18next';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { CodeReader } from '../../../ui/code-reader';
import { IconAlertCircle, IconArrowLeft } from '../../../ui/icons';
import { Textarea } from '../../../ui/textarea';
import { TextInput } from '../../../ui/text-input';
import type { FormProps } from '../draft';
import classes from './form.module.css';

interface LinkFieldProps extends Pick<FormProps, 'draft' | 'onDraft'> {
  label: string;
  placeholder: string;
  help?: string;
  autoFocus?: boolean;
  error: string | undefined;
}

/** Takes whatever the link was pasted with, and a picture of its code. */
export function LinkField({ draft, onDraft, error, ...rest }: LinkFieldProps) {
  const setLink = (link: string) => onDraft((before) => ({ ...before, link }));
  return (
    <CodeReader onText={setLink}>
      {(unread) => <Textarea {...rest} required minRows={2} maxRows={4} value={draft.link} error={unread ?? error} onChange={setLink} />}
    </CodeReader>
  );
}

export function DeviceField({ draft, onDraft }: Pick<FormProps, 'draft' | 'onDraft'>) {
  const { t } = useTranslation('team');
  return (
    <TextInput
      label={t('profile.device')}
      placeholder={t('profile.devicePlaceholder')}
      value={draft.deviceName}
      onChange={(deviceName) => onDraft((before) => ({ ...before, deviceName }))}
    />
  );
}

interface FormFootProps {
  /** What was refused and why, "" otherwise. */
  failure: string;
  submit: string;
  pending: boolean;
  onBack: () => void;
}

export function FormFoot({ failure, submit, pending, onBack }: FormFootProps) {
  const { t } = useTranslation('team');
  return (
    <>
      {failure && (
        <div className={classes.failure}>
          <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
            {failure}
          </Banner>
        </div>
      )}
      <div className={classes.buttons}>
        <Button kind="ghost" icon={<IconArrowLeft size={16} stroke={1.8} />} onClick={onBack}>
          {t('back')}
        </Button>
        <Button kind="primary" type="submit" loading={pending}>
          {submit}
        </Button>
      </div>
    </>
  );
}
