import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { Select } from '../../../ui/select';
import { TextInput } from '../../../ui/text-input';
import { DEPARTMENT_NAME_MAX, departmentOptions, subtree, TEAM_NAME_MAX } from '../model';
import type { Department } from '../model';
import { departmentsQuery, useChangeDepartment } from '../queries';
import type { DepartmentChange } from '../queries';
import classes from './form.module.css';

export type DepartmentTask =
  | { kind: 'create'; parentId: string }
  | { kind: 'rename'; department: Department }
  | { kind: 'move'; department: Department }
  | { kind: 'team' };

interface DepartmentDialogProps {
  task: DepartmentTask;
  onClose: () => void;
}

/** Creates, renames or moves a department, or renames the team. */
export function DepartmentDialog({ task, onClose }: DepartmentDialogProps) {
  const { t } = useTranslation(['org', 'ui']);
  const { teamName } = useAppState();
  const [name, setName] = useState(task.kind === 'rename' ? task.department.name : task.kind === 'team' ? teamName : '');
  const [parentId, setParentId] = useState(initialParent(task));
  const [touched, setTouched] = useState(false);
  const change = useChangeDepartment();
  const reasonOf = useFaultText();

  const problem = task.kind === 'move' ? '' : nameProblem(name, task.kind === 'team' ? TEAM_NAME_MAX : DEPARTMENT_NAME_MAX, t);
  const failure = change.error ? t('department.failed', { reason: reasonOf(change.error) }) : '';
  const error = (touched && problem) || failure;
  const submit = () => {
    setTouched(true);
    if (!problem) change.mutate(toChange(task, name.trim(), parentId), { onSuccess: onClose });
  };
  const words = wording(task, t);
  return (
    <Dialog
      opened
      title={words.title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind="primary" loading={change.isPending} onClick={submit}>
            {words.submit}
          </Button>
        </>
      }
    >
      <div className={classes.form}>
        {task.kind !== 'move' && (
          <TextInput label={words.name} required autoFocus value={name} onChange={setName} onEnter={submit} error={error || undefined} />
        )}
        {(task.kind === 'create' || task.kind === 'move') && (
          <ParentSelect task={task} value={parentId} onChange={setParentId} error={task.kind === 'move' ? error : ''} />
        )}
      </div>
    </Dialog>
  );
}

interface ParentSelectProps {
  task: DepartmentTask;
  value: string;
  onChange: (id: string) => void;
  error: string;
}

function ParentSelect({ task, value, onChange, error }: ParentSelectProps) {
  const { t } = useTranslation('org');
  const departments = useQuery(departmentsQuery).data ?? [];
  // A department can not be put below itself.
  const except = task.kind === 'move' ? subtree(departments, task.department.id) : undefined;
  return (
    <Select
      label={t('department.parent')}
      value={value}
      onChange={onChange}
      options={[{ value: '', label: t('department.top') }, ...departmentOptions(departments, except)]}
      help={task.kind === 'move' ? t('department.moveHelp') : undefined}
      error={error || undefined}
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
    case 'team':
      return { kind: 'team', name };
  }
}

function nameProblem(name: string, max: number, t: TFunction<['org', 'ui']>): string {
  const length = Array.from(name.trim()).length;
  if (length === 0) return t('department.nameRequired');
  return length > max ? t('department.nameLong', { max }) : '';
}

function wording(task: DepartmentTask, t: TFunction<['org', 'ui']>): { title: string; name: string; submit: string } {
  switch (task.kind) {
    case 'create':
      return { title: t('department.createTitle'), name: t('department.name'), submit: t('department.create') };
    case 'rename':
      return { title: t('department.renameTitle'), name: t('department.name'), submit: t('department.rename') };
    case 'move':
      return { title: t('department.moveTitle', { name: task.department.name }), name: '', submit: t('department.move') };
    case 'team':
      return { title: t('department.teamTitle'), name: t('department.teamName'), submit: t('department.rename') };
  }
}
