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
import { departmentsQuery, meQuery, useSaveProfile } from '../queries';
import classes from './form.module.css';

/** Edits the own profile, and nobody else's. */
export function ProfileDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('org');
  const { data, error, refetch } = useQuery(meQuery);
  if (data) return <Form me={data} onClose={onClose} />;
  return (
    <Dialog opened={error !== null} title={t('edit.title')} size="md" onClose={onClose}>
      <ErrorState text={t('profile.failed')} onRetry={() => void refetch()} />
    </Dialog>
  );
}

const FORM = 'profile-form';
const KINDS: readonly MemberKind[] = ['regular', 'probation', 'external'];

function Form({ me, onClose }: { me: Member; onClose: () => void }) {
  const { t } = useTranslation(['org', 'ui']);
  const [profile, setProfile] = useState<Profile>(() => profileOf(me));
  const save = useSaveProfile();
  const toast = useToast();
  const reasonOf = useFaultText();
  const departments = useQuery(departmentsQuery).data ?? [];
  const set = (change: Partial<Profile>) => setProfile((before) => ({ ...before, ...change }));

  const failed = save.error ? { field: fieldOfFault(toFault(save.error)), reason: reasonOf(save.error) } : null;
  const errorOf = (field: ProfileField) => (failed?.field === field ? failed.reason : undefined);
  const submit = () =>
    save.mutate(profile, {
      onSuccess: () => {
        toast(t('edit.saved'));
        onClose();
      },
    });
  return (
    <Dialog
      opened
      title={t('edit.title')}
      size="md"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind="primary" type="submit" form={FORM} loading={save.isPending}>
            {t('edit.save')}
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
