import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Select } from '../../../ui/select';
import { Textarea } from '../../../ui/textarea';
import { TextInput } from '../../../ui/text-input';
import { useToast } from '../../../ui/toast';
import { checkAccount } from '../cases';
import type { AccountRequest } from '../cases';
import { departmentOptions } from '../model';
import type { MemberKind } from '../model';
import { departmentsQuery, useRequestAccount } from '../queries';
import classes from './form.module.css';
import { TaskDialog } from './task-dialog';

const KINDS: readonly MemberKind[] = ['regular', 'probation', 'external'];
const EMPTY: AccountRequest = { name: '', staffNo: '', departmentId: '', position: '', kind: 'regular', note: '' };

/** Asks for an account for a new colleague (R8); approved, the reviewer gets an invitation to hand over. */
export function AccountRequestDialog({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }) {
  const { t } = useTranslation('org');
  const toast = useToast();
  const departments = useQuery(departmentsQuery).data ?? [];
  const [input, setInput] = useState<AccountRequest>(EMPTY);
  const [checked, setChecked] = useState(false);
  const request = useRequestAccount();
  const errors = checked ? checkAccount(input) : {};
  const set = (change: Partial<AccountRequest>) => setInput((before) => ({ ...before, ...change }));
  const submit = () => {
    setChecked(true);
    if (Object.keys(checkAccount(input)).length > 0) return;
    request.mutate(
      { ...input, name: input.name.trim(), staffNo: input.staffNo.trim(), position: input.position.trim(), note: input.note.trim() },
      {
        onSuccess: ({ id }) => {
          toast(t('requests.sent'));
          onDone(id);
        },
      },
    );
  };
  return (
    <TaskDialog title={t('requests.account')} submit={t('requests.send')} size="md" pending={request.isPending} error={request.error} onSubmit={submit} onClose={onClose}>
      <p className={classes.help}>{t('requests.accountHelp')}</p>
      <div className={classes.pair}>
        <TextInput label={t('edit.name')} required autoFocus value={input.name} onChange={(name) => set({ name })} error={errors.name && t('requests.nameRequired')} />
        <TextInput label={t('edit.staffNo')} value={input.staffNo} onChange={(staffNo) => set({ staffNo })} />
      </div>
      <div className={classes.pair}>
        <Select
          label={t('edit.department')}
          required
          placeholder={t('requests.pickDepartment')}
          value={input.departmentId === '' ? null : input.departmentId}
          options={departmentOptions(departments)}
          onChange={(departmentId) => set({ departmentId })}
          error={errors.departmentId && t('manage.departmentRequired')}
        />
        <TextInput label={t('edit.position')} required value={input.position} onChange={(position) => set({ position })} error={errors.position && t('requests.positionRequired')} />
      </div>
      <div className={classes.pair}>
        <Select label={t('edit.kind')} value={input.kind} options={KINDS.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))} onChange={(kind) => set({ kind })} />
      </div>
      <Textarea label={t('requests.note')} minRows={2} maxRows={5} value={input.note} onChange={(note) => set({ note })} />
    </TaskDialog>
  );
}
