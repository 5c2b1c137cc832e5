import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { IconAlertCircle, IconArrowLeft } from '../../../ui/icons';
import { Textarea } from '../../../ui/textarea';
import { TextInput } from '../../../ui/text-input';
import type { FormProps } from '../draft';
import { linkIn } from '../model';
import { useLinkDevice } from '../queries';
import classes from './form.module.css';
import { PassphraseFields } from './passphrase-fields';

/** This device becomes another one of an account that exists (R2): the link comes from the other device. */
export function LinkForm({ draft, secret, onDraft, onBack }: FormProps) {
  const { t } = useTranslation('team');
  const reasonOf = useFaultText();
  const linking = useLinkDevice();
  const [checked, setChecked] = useState(false);
  const link = linkIn(draft.link);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (link === '' || !secret.ready || linking.isPending) return;
    linking.mutate({ link, deviceName: draft.deviceName.trim(), passphrase: secret.value });
  };
  return (
    <form onSubmit={submit} noValidate>
      <h1 className={classes.title}>{t('link.title')}</h1>
      <p className={classes.intro}>{t('link.help')}</p>
      <Textarea
        label={t('link.link')}
        placeholder={t('link.placeholder')}
        required
        autoFocus
        minRows={2}
        maxRows={4}
        value={draft.link}
        error={checked && link === '' ? t('link.required') : undefined}
        onChange={(text) => onDraft((before) => ({ ...before, link: text }))}
      />
      <div className={classes.gap}>
        <TextInput
          label={t('profile.device')}
          placeholder={t('profile.devicePlaceholder')}
          value={draft.deviceName}
          onChange={(deviceName) => onDraft((before) => ({ ...before, deviceName }))}
        />
      </div>
      <PassphraseFields state={secret} checked={checked} />
      {linking.error && (
        <div className={classes.failure}>
          <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
            {t('link.failed', { reason: reasonOf(linking.error) })}
          </Banner>
        </div>
      )}
      <div className={classes.buttons}>
        <Button kind="ghost" icon={<IconArrowLeft size={16} stroke={1.8} />} onClick={onBack}>
          {t('back')}
        </Button>
        <Button kind="primary" type="submit" loading={linking.isPending}>
          {t('link.submit')}
        </Button>
      </div>
    </form>
  );
}
