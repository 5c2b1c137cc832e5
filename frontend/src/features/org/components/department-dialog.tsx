import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
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
  | { kind: 'merge'; department: Department }
  | { kind: 'remove'; department: Department }
  | { kind: 'team' };

interface DepartmentDialogProps {
  task: DepartmentTask;
  onClose: () => void;
}

/** Creates, renames, moves, merges or removes a department, or renames the team. */
export function DepartmentDialog({ task, onClose }: DepartmentDialogProps) {
  const { t } = useTranslation(['org', 'ui']);
  const { teamName } = useAppState();
  const [name, setName] = useState(task.kind === 'rename' ? task.department.name : task.kind === 'team' ? teamName : '');
  const [parentId, setParentId] = useState(initialParent(task));
  const [touched, setTouched] = useState(false);
  const change = useChangeDepartment();
  const reasonOf = useFaultText();

  const named = task.kind === 'create' || task.kind === 'rename' || task.kind === 'team';
  const problem = task.kind === 'merge' && parentId === '' ? t('department.intoRequired') : !named ? '' : nameProblem(name, task.kind === 'team' ? TEAM_NAME_MAX : DEPARTMENT_NAME_MAX, t);
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
          <Button kind={task.kind === 'remove' ? 'danger' : 'primary'} loading={change.isPending} onClick={submit}>
            {words.submit}
          </Button>
        </>
      }
    >
      <div className={classes.form}>
        {task.kind === 'remove' && <RemoveEffect error={error} />}
        {named && (
          <TextInput label={words.name} required autoFocus value={name} onChange={setName} onEnter={submit} error={error || undefined} />
        )}
        {(task.kind === 'create' || task.kind === 'move' || task.kind === 'merge') && (
          <ParentSelect task={task} value={parentId} onChange={setParentId} error={task.kind === 'create' ? '' : error} />
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
  // A department can not be put below itself, nor into itself.
  const except = task.kind === 'move' || task.kind === 'merge' ? subtree(departments, task.department.id) : undefined;
  return (
    <Select
      label={task.kind === 'merge' ? t('department.into') : t('department.parent')}
      value={task.kind === 'merge' && value === '' ? null : value}
      onChange={onChange}
      options={[...(task.kind === 'merge' ? [] : [{ value: '', label: t('department.top') }]), ...departmentOptions(departments, except)]}
      help={task.kind === 'move' ? t('department.moveHelp') : task.kind === 'merge' ? t('department.mergeHelp') : undefined}
      error={error || undefined}
    />
  );
}

function RemoveEffect({ error }: { error: string }) {
  const { t } = useTranslation('org');
  return (
    <>
      <p>{t('department.removeHelp')}</p>
      {error && (
        <Banner tone="danger" alert>
          {error}
        </Banner>
      )}
    </>
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
    case 'merge':
      return { title: t('department.mergeTitle', { name: task.department.name }), name: '', submit: t('department.merge') };
    case 'remove':
      return { title: t('department.removeTitle', { name: task.department.name }), name: '', submit: t('department.remove') };
    case 'team':
      return { title: t('department.teamTitle'), name: t('department.teamName'), submit: t('department.rename') };
  }
}
