import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { Select } from '../../../ui/select';
import { useToast } from '../../../ui/toast';
import { departmentOptions, givenRoles, isDepartmentRole, ROLES } from '../model';
import type { GivenRole, Member } from '../model';
import { departmentsQuery, useSetRole } from '../queries';
import classes from './form.module.css';
import { TaskDialog } from './task-dialog';

/** Gives a member another role, up or down (R25). */
export function RoleDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation('org');
  const { role: own } = useAppState();
  const toast = useToast();
  const departments = useQuery(departmentsQuery).data ?? [];
  const [role, setRole] = useState<GivenRole>(ROLES.find((one) => one === member.role) ?? 'member');
  const [departmentId, setDepartmentId] = useState(member.roles.find((one) => isDepartmentRole(one.role))?.departmentId ?? member.departmentId);
  const [checked, setChecked] = useState(false);
  const set = useSetRole();
  const needs = isDepartmentRole(role);
  // The present role is always there to be seen, also when I could not give it.
  const options = ROLES.filter((one) => givenRoles(own).includes(one) || one === member.role);
  const submit = () => {
    setChecked(true);
    if (needs && departmentId === '') return;
    set.mutate(
      { userId: member.userId, role, departmentId: needs ? departmentId : '' },
      {
        onSuccess: () => {
          toast(t('profile.granted', { name: member.name, role: t(`role.${role}`) }));
          onClose();
        },
      },
    );
  };
  return (
    <TaskDialog title={t('manage.roleTitle', { name: member.name })} submit={t('manage.roleSubmit')} pending={set.isPending} error={set.error} onSubmit={submit} onClose={onClose}>
      <Select label={t('profile.role')} value={role} options={options.map((one) => ({ value: one, label: t(`role.${one}`) }))} onChange={setRole} help={t(`roleHelp.${role}`)} />
      {needs && (
        <Select
          label={t('manage.roleDepartment')}
          required
          value={departmentId}
          options={departmentOptions(departments)}
          onChange={setDepartmentId}
          error={checked && departmentId === '' ? t('manage.departmentRequired') : undefined}
        />
      )}
      <p className={classes.help}>{t('manage.roleEffect')}</p>
    </TaskDialog>
  );
}
