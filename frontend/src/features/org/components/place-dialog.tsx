import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Select } from '../../../ui/select';
import { departmentOptions } from '../model';
import type { Member } from '../model';
import { departmentsQuery, usePlace } from '../queries';
import classes from './form.module.css';
import { TaskDialog } from './task-dialog';

/** Puts a member into another department. */
export function PlaceDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation('org');
  const departments = useQuery(departmentsQuery).data ?? [];
  const [departmentId, setDepartmentId] = useState(member.departmentId);
  const place = usePlace();
  return (
    <TaskDialog
      title={t('manage.placeTitle', { name: member.name })}
      submit={t('manage.placeSubmit')}
      pending={place.isPending}
      error={place.error}
      onSubmit={() => place.mutate({ userId: member.userId, departmentId }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <Select
        label={t('profile.department')}
        value={departmentId}
        options={[{ value: '', label: t('manage.noDepartment') }, ...departmentOptions(departments)]}
        onChange={setDepartmentId}
      />
      <p className={classes.help}>{t('manage.placeEffect')}</p>
    </TaskDialog>
  );
}
