import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { WordInput } from '../../../ui/word-input';
import type { FormProps } from '../draft';
import { linkIn } from '../model';
import { useRecover } from '../queries';
import { DeviceField, FormFoot, LinkField } from './form-parts';
import classes from './form.module.css';
import { PassphraseFields } from './passphrase-fields';

/** Every device is lost: the recovery words sign this one in, and a colleague's device brings the rest. */
export function RecoverForm({ draft, secret, onDraft, onBack }: FormProps) {
  const { t } = useTranslation('team');
  const reasonOf = useFaultText();
  const recover = useRecover();
  const [checked, setChecked] = useState(false);
  const link = linkIn(draft.link);
  const missing = draft.words.filter((word) => word === '').length;
  const fault = recover.error ? toFault(recover.error) : null;
  const aboutWords = fault?.code === 'vault.words';

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (link === '' || missing > 0 || !secret.ready || recover.isPending) return;
    recover.mutate({ link, words: draft.words, deviceName: draft.deviceName.trim(), passphrase: secret.value });
  };
  return (
    <form onSubmit={submit} noValidate>
      <h1 className={classes.title}>{t('recover.title')}</h1>
      <p className={classes.intro}>{t('recover.help')}</p>
      <WordInput
        label={t('recover.words')}
        words={draft.words}
        autoFocus
        onChange={(words) => onDraft((before) => ({ ...before, words }))}
        help={t('recover.wordsHelp')}
        error={aboutWords ? reasonOf(fault) : checked && missing > 0 ? t('recover.missing', { n: missing }) : undefined}
      />
      <div className={classes.gap}>
        <LinkField
          label={t('recover.link')}
          help={t('recover.linkHelp')}
          placeholder={t('join.linkPlaceholder')}
          draft={draft}
          onDraft={onDraft}
          error={checked && link === '' ? t('recover.linkRequired') : undefined}
        />
      </div>
      <div className={classes.gap}>
        <DeviceField draft={draft} onDraft={onDraft} />
      </div>
      <PassphraseFields state={secret} checked={checked} />
      <FormFoot failure={fault && !aboutWords ? t('recover.failed', { reason: reasonOf(fault) }) : ''} submit={t('recover.submit')} pending={recover.isPending} onBack={onBack} />
    </form>
  );
}
