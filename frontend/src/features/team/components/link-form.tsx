import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import type { FormProps } from '../draft';
import { linkIn } from '../model';
import { useLinkDevice } from '../queries';
import { DeviceField, FormFoot, LinkField } from './form-parts';
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
      <LinkField
        label={t('link.link')}
        placeholder={t('link.placeholder')}
        autoFocus
        draft={draft}
        onDraft={onDraft}
        error={checked && link === '' ? t('link.required') : undefined}
      />
      <div className={classes.gap}>
        <DeviceField draft={draft} onDraft={onDraft} />
      </div>
      <PassphraseFields state={secret} checked={checked} />
      <FormFoot failure={linking.error ? t('link.failed', { reason: reasonOf(linking.error) }) : ''} submit={t('link.submit')} pending={linking.isPending} onBack={onBack} />
    </form>
  );
}
