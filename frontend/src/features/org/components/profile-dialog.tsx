import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toFault } from '../../../platform/fault';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { ErrorState } from '../../../ui/error-state';
import { Select } from '../../../ui/select';
import { TextInput } from '../../../ui/text-input';
import { useToast } from '../../../ui/toast';
import { departmentOptions, fieldOfFault, profileOf } from '../model';
import type { Member, MemberKind, Profile, ProfileField } from '../model';
import { departmentsQuery, meQuery, useRequestProfile, useSaveProfile } from '../queries';
import classes from './form.module.css';
import { PictureField } from './picture-field';

/** Edits the own profile, and nobody else's. */
export function ProfileDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('org');
  const reasonOf = useFaultText();
  const { data, error, refetch } = useQuery(meQuery);
  if (data) return <Form me={data} onClose={onClose} />;
  return (
    <Dialog opened={error !== null} title={t('edit.title')} size="md" onClose={onClose}>
      <ErrorState text={t('profile.failed')} reason={reasonOf(error)} onRetry={() => void refetch()} />
    </Dialog>
  );
}

const FORM = 'profile-form';

/** Name, department and position may only be asked for. */
const REVIEWED = 'org.profile_review';
const KINDS: readonly MemberKind[] = ['regular', 'probation', 'external'];

function Form({ me, onClose }: { me: Member; onClose: () => void }) {
  const { t } = useTranslation(['org', 'ui']);
  const [profile, setProfile] = useState<Profile>(() => profileOf(me));
  const save = useSaveProfile();
  const request = useRequestProfile();
  const toast = useToast();
  const reasonOf = useFaultText();
  const departments = useQuery(departmentsQuery).data ?? [];
  const set = (change: Partial<Profile>) => setProfile((before) => ({ ...before, ...change }));

  // The house rules want somebody to look at it first (R19): then the same button sends a request.
  const reviewed = save.error !== null && toFault(save.error).code === REVIEWED;
  const failed = reviewed ? (request.error ? { field: null, reason: reasonOf(request.error) } : null) : save.error ? { field: fieldOfFault(toFault(save.error)), reason: reasonOf(save.error) } : null;
  const errorOf = (field: ProfileField) => (failed?.field === field ? failed.reason : undefined);
  const close = (text: string) => () => {
    toast(text);
    onClose();
  };
  const submit = () => {
    if (save.isPending || request.isPending) return;
    if (reviewed) request.mutate(profile, { onSuccess: close(t('requests.sent')) });
    else save.mutate(profile, { onSuccess: close(t('edit.saved')) });
  };
  return (
    <Dialog
      opened
      title={t('edit.title')}
      size="md"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind="primary" type="submit" form={FORM} loading={save.isPending || request.isPending}>
            {reviewed ? t('requests.send') : t('edit.save')}
          </Button>
        </>
      }
    >
      <form
        id={FORM}
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p className={classes.help}>{t('edit.help')}</p>
        <PictureField me={me} />
        {reviewed && <Banner tone="warning">{t('edit.reviewed')}</Banner>}
        {failed?.field === null && (
          <Banner tone="danger" alert>
            {t('edit.failed', { reason: failed.reason })}
          </Banner>
        )}
        <div className={classes.pair}>
          <TextInput label={t('edit.name')} required value={profile.name} onChange={(name) => set({ name })} error={errorOf('name')} />
          <TextInput label={t('edit.staffNo')} value={profile.staffNo} onChange={(staffNo) => set({ staffNo })} error={errorOf('staffNo')} />
        </div>
        <div className={classes.pair}>
          <Select
            label={t('edit.department')}
            value={profile.departmentId}
            onChange={(departmentId) => set({ departmentId })}
            options={[{ value: '', label: t('edit.noDepartment') }, ...departmentOptions(departments)]}
            error={errorOf('departmentId')}
          />
          <TextInput label={t('edit.position')} value={profile.position} onChange={(position) => set({ position })} error={errorOf('position')} />
        </div>
        <div className={classes.pair}>
          <TextInput label={t('edit.phone')} type="tel" value={profile.phone} onChange={(phone) => set({ phone })} error={errorOf('phone')} />
          <TextInput label={t('edit.email')} type="email" value={profile.email} onChange={(email) => set({ email })} error={errorOf('email')} />
        </div>
        <div className={classes.pair}>
          <Select
            label={t('edit.kind')}
            value={profile.kind}
            onChange={(kind) => set({ kind })}
            options={KINDS.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))}
            error={errorOf('kind')}
          />
        </div>
      </form>
    </Dialog>
  );
}
