import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { Select } from '../../../ui/select';
import { TextInput } from '../../../ui/text-input';
import { DEPARTMENT_NAME_MAX, departmentOptions, subtree, TEAM_NAME_MAX } from '../model';
import type { Department } from '../model';
import { departmentsQuery, useChangeDepartment } from '../queries';
import type { DepartmentChange } from '../queries';
import { TaskDialog } from './task-dialog';

export type DepartmentTask =
  | { kind: 'create'; parentId: string }
  | { kind: 'rename'; department: Department }
  | { kind: 'move'; department: Department }
  | { kind: 'merge'; department: Department }
  | { kind: 'remove'; department: Department }
  | { kind: 'team' };

interface DepartmentDialogProps {
  task: DepartmentTask;
  onClose: () => void;
}

/** Creates, renames, moves, merges or removes a department, or renames the team. */
export function DepartmentDialog({ task, onClose }: DepartmentDialogProps) {
  const { t } = useTranslation('org');
  const { teamName } = useAppState();
  const [name, setName] = useState(task.kind === 'rename' ? task.department.name : task.kind === 'team' ? teamName : '');
  const [parentId, setParentId] = useState(initialParent(task));
  const [checked, setChecked] = useState(false);
  const change = useChangeDepartment();

  const named = task.kind === 'create' || task.kind === 'rename' || task.kind === 'team';
  const nameMissing = named ? nameProblem(name, task.kind === 'team' ? TEAM_NAME_MAX : DEPARTMENT_NAME_MAX, t) : '';
  const parentMissing = task.kind === 'merge' && parentId === '' ? t('department.intoRequired') : '';
  const submit = () => {
    setChecked(true);
    if (!nameMissing && !parentMissing) change.mutate(toChange(task, name.trim(), parentId), { onSuccess: onClose });
  };
  const words = wording(task, t);
  return (
    <TaskDialog title={words.title} submit={words.submit} danger={task.kind === 'remove'} pending={change.isPending} error={change.error} onSubmit={submit} onClose={onClose}>
      {task.kind === 'remove' && <p>{t('department.removeHelp')}</p>}
      {named && <TextInput label={words.name} required autoFocus value={name} onChange={setName} error={(checked && nameMissing) || undefined} />}
      {(task.kind === 'create' || task.kind === 'move' || task.kind === 'merge') && (
        <ParentSelect task={task} value={parentId} onChange={setParentId} error={(checked && parentMissing) || undefined} />
      )}
    </TaskDialog>
  );
}

interface ParentSelectProps {
  task: DepartmentTask;
  value: string;
  onChange: (id: string) => void;
  error: string | undefined;
}

function ParentSelect({ task, value, onChange, error }: ParentSelectProps) {
  const { t } = useTranslation('org');
  const departments = useQuery(departmentsQuery).data ?? [];
  // A department can not be put below itself, nor into itself.
  const except = task.kind === 'move' || task.kind === 'merge' ? subtree(departments, task.department.id) : undefined;
  return (
    <Select
      label={task.kind === 'merge' ? t('department.into') : t('department.parent')}
      value={task.kind === 'merge' && value === '' ? null : value}
      onChange={onChange}
      options={[...(task.kind === 'merge' ? [] : [{ value: '', label: t('department.top') }]), ...departmentOptions(departments, except)]}
      help={task.kind === 'move' ? t('department.moveHelp') : task.kind === 'merge' ? t('department.mergeHelp') : undefined}
      error={error}
    />
  );
}

function initialParent(task: DepartmentTask): string {
  if (task.kind === 'create') return task.parentId;
  return task.kind === 'move' ? task.department.parentId : '';
}

function toChange(task: DepartmentTask, name: string, parentId: string): DepartmentChange {
  switch (task.kind) {
    case 'create':
      return { kind: 'create', parentId, name };
    case 'rename':
      return { kind: 'rename', id: task.department.id, name };
    case 'move':
      return { kind: 'move', id: task.department.id, parentId };
    case 'merge':
      return { kind: 'merge', id: task.department.id, into: parentId };
    case 'remove':
      return { kind: 'remove', id: task.department.id };
    case 'team':
      return { kind: 'team', name };
  }
}

function nameProblem(name: string, max: number, t: TFunction<'org'>): string {
  const length = Array.from(name.trim()).length;
  if (length === 0) return t('department.nameRequired');
  return length > max ? t('department.nameLong', { max }) : '';
}

function wording(task: DepartmentTask, t: TFunction<'org'>): { title: string; name: string; submit: string } {
  switch (task.kind) {
    case 'create':
      return { title: t('department.createTitle'), name: t('department.name'), submit: t('department.create') };
    case 'rename':
      return { title: t('department.renameTitle'), name: t('department.name'), submit: t('department.rename') };
    case 'move':
      return { title: t('department.moveTitle', { name: task.department.name }), name: '', submit: t('department.move') };
    case 'merge':
      return { title: t('department.mergeTitle', { name: task.department.name }), name: '', submit: t('department.merge') };
    case 'remove':
      return { title: t('department.removeTitle', { name: task.department.name }), name: '', submit: t('department.remove') };
    case 'team':
      return { title: t('department.teamTitle'), name: t('department.teamName'), submit: t('department.rename') };
  }
}
