import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { TextInput } from '../../../ui/text-input';
import type { FormProps } from '../draft';
import { checkProfile, trimProfile } from '../model';
import { useFound } from '../queries';
import { CouncilField } from './council-field';
import { FormFoot } from './form-parts';
import classes from './form.module.css';
import { PassphraseFields } from './passphrase-fields';
import { ProfileFields } from './profile-fields';

export function FoundForm({ draft, secret, onDraft, onBack }: FormProps) {
  const { t } = useTranslation('team');
  const reasonOf = useFaultText();
  const found = useFound();
  const [checked, setChecked] = useState(false);
  const errors = checked ? checkProfile(draft.profile) : {};
  const teamMissing = draft.teamName.trim() === '';

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (teamMissing || !secret.ready || Object.keys(checkProfile(draft.profile)).length > 0 || found.isPending) return;
    const { teamName, profile, deviceName, council } = draft;
    found.mutate({ teamName: teamName.trim(), profile: trimProfile(profile), deviceName: deviceName.trim(), passphrase: secret.value, council });
  };
  return (
    <form onSubmit={submit} noValidate>
      <h1 className={classes.title}>{t('found.title')}</h1>
      <p className={classes.intro}>{t('found.help')}</p>
      <TextInput
        label={t('found.team')}
        placeholder={t('found.teamPlaceholder')}
        required
        autoFocus
        value={draft.teamName}
        error={checked && teamMissing ? t('found.teamRequired') : undefined}
        onChange={(teamName) => onDraft((before) => ({ ...before, teamName }))}
      />
      <ProfileFields draft={draft} onDraft={onDraft} errors={errors} />
      <PassphraseFields state={secret} checked={checked} />
      <CouncilField value={draft.council} onChange={(council) => onDraft((before) => ({ ...before, council }))} />
      <FormFoot failure={found.error ? t('found.failed', { reason: reasonOf(found.error) }) : ''} submit={t('found.submit')} pending={found.isPending} onBack={onBack} />
    </form>
  );
}
