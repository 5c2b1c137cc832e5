import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import type { FormProps } from '../draft';
import { checkProfile, linkIn, remedyFor, trimProfile } from '../model';
import { previewQuery, useJoin } from '../queries';
import { FormFoot, LinkField } from './form-parts';
import classes from './form.module.css';
import { InvitationPreview } from './invitation-preview';
import { PassphraseFields } from './passphrase-fields';
import { ProfileFields } from './profile-fields';

export function JoinForm({ draft, secret, onDraft, onBack }: FormProps) {
  const { t } = useTranslation('team');
  const reasonOf = useFaultText();
  const join = useJoin();
  const [checked, setChecked] = useState(false);
  const link = linkIn(draft.link);
  const preview = useQuery(previewQuery(link));
  const errors = checked ? checkProfile(draft.profile) : {};

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (!preview.data || !secret.ready || Object.keys(checkProfile(draft.profile)).length > 0 || join.isPending) return;
    const { teamName } = preview.data;
    onDraft((before) => ({ ...before, joinTeam: teamName }));
    join.mutate({ link, profile: trimProfile(draft.profile), deviceName: draft.deviceName.trim(), passphrase: secret.value });
  };
  return (
    <form onSubmit={submit} noValidate>
      <h1 className={classes.title}>{t('join.title')}</h1>
      <p className={classes.intro}>{t('join.help')}</p>
      <LinkField label={t('join.link')} placeholder={t('join.linkPlaceholder')} autoFocus draft={draft} onDraft={onDraft} error={linkError()} />
      {preview.data && <InvitationPreview preview={preview.data} />}
      <ProfileFields draft={draft} onDraft={onDraft} errors={errors} />
      <PassphraseFields state={secret} checked={checked} />
      <FormFoot failure={join.error ? t('join.failed', { reason: reasonOf(join.error) }) : ''} submit={preview.data ? t('join.submit', { team: preview.data.teamName }) : t('join.submitPlain')} pending={join.isPending} onBack={onBack} />
    </form>
  );

  function linkError(): string | undefined {
    if (link === '') return checked ? t('join.linkRequired') : undefined;
    if (!preview.error) return undefined;
    return `${reasonOf(preview.error)} · ${t(`remedy.${remedyFor(toFault(preview.error).code)}`)}`;
  }
}
