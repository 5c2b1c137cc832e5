import { useTranslation } from 'react-i18next';
import { Select } from '../../../ui/select';
import { TextInput } from '../../../ui/text-input';
import type { FormProps } from '../draft';
import type { Profile, ProfileErrors } from '../model';
import { DeviceField } from './form-parts';
import classes from './form.module.css';

interface ProfileFieldsProps extends Pick<FormProps, 'draft' | 'onDraft'> {
  errors: ProfileErrors;
}

const KINDS = ['regular', 'probation', 'external'] as const;

/** Who a newcomer is, as colleagues will see it (R3, R5, R6). */
export function ProfileFields({ draft, onDraft, errors }: ProfileFieldsProps) {
  const { t } = useTranslation('team');
  const { profile } = draft;
  const onProfile = (change: Partial<Profile>) => onDraft((before) => ({ ...before, profile: { ...before.profile, ...change } }));
  const field = (name: 'name' | 'staffNo' | 'departmentName' | 'position' | 'phone' | 'email') => ({
    value: profile[name],
    onChange: (value: string) => onProfile({ [name]: value }),
  });
  return (
    <fieldset className={classes.section}>
      <legend className={classes.heading}>{t('profile.heading')}</legend>
      <p className={classes.help}>{t('profile.help')}</p>
      <div className={classes.grid}>
        <TextInput label={t('profile.name')} required autoComplete="name" error={errors.name && t('profile.nameRequired')} {...field('name')} />
        <TextInput label={t('profile.staffNo')} required help={t('profile.staffNoHelp')} error={errors.staffNo && t('profile.staffNoRequired')} {...field('staffNo')} />
        <TextInput
          label={t('profile.department')}
          required
          placeholder={t('profile.departmentHelp')}
          error={errors.departmentName && t('profile.departmentRequired')}
          {...field('departmentName')}
        />
        <TextInput
          label={t('profile.position')}
          required
          autoComplete="organization-title"
          error={errors.position && t('profile.positionRequired')}
          {...field('position')}
        />
        <TextInput label={t('profile.phone')} type="tel" autoComplete="tel" {...field('phone')} />
        <TextInput label={t('profile.email')} type="email" autoComplete="email" error={errors.email && t('profile.emailFormat')} {...field('email')} />
        <Select
          label={t('profile.kind')}
          value={profile.kind}
          options={KINDS.map((kind) => ({ value: kind, label: t(`profile.kinds.${kind}`) }))}
          onChange={(kind) => onProfile({ kind })}
        />
        <DeviceField draft={draft} onDraft={onDraft} />
      </div>
    </fieldset>
  );
}
