import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { IconAlertCircle, IconArrowLeft } from '../../../ui/icons';
import { Textarea } from '../../../ui/textarea';
import type { FormProps } from '../draft';
import { checkProfile, linkIn, remedyFor, trimProfile } from '../model';
import { previewQuery, useJoin } from '../queries';
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
      <Textarea
        label={t('join.link')}
        placeholder={t('join.linkPlaceholder')}
        required
        autoFocus
        minRows={2}
        maxRows={4}
        value={draft.link}
        error={linkError()}
        onChange={(text) => onDraft((before) => ({ ...before, link: text }))}
      />
      {preview.data && <InvitationPreview preview={preview.data} />}
      <ProfileFields
        profile={draft.profile}
        errors={errors}
        deviceName={draft.deviceName}
        onProfile={(change) => onDraft((before) => ({ ...before, profile: { ...before.profile, ...change } }))}
        onDeviceName={(deviceName) => onDraft((before) => ({ ...before, deviceName }))}
      />
      <PassphraseFields state={secret} checked={checked} />
      {join.error && (
        <div className={classes.failure}>
          <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
            {t('join.failed', { reason: reasonOf(join.error) })}
          </Banner>
        </div>
      )}
      <div className={classes.buttons}>
        <Button kind="ghost" icon={<IconArrowLeft size={16} stroke={1.8} />} onClick={onBack}>
          {t('back')}
        </Button>
        <Button kind="primary" type="submit" loading={join.isPending}>
          {preview.data ? t('join.submit', { team: preview.data.teamName }) : t('join.submitPlain')}
        </Button>
      </div>
    </form>
  );

  function linkError(): string | undefined {
    if (link === '') return checked ? t('join.linkRequired') : undefined;
    if (!preview.error) return undefined;
    return `${reasonOf(preview.error)} · ${t(`remedy.${remedyFor(toFault(preview.error).code)}`)}`;
  }
}
