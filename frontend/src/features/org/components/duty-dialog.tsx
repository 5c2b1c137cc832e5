import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Textarea } from '../../../ui/textarea';
import { DUTY_MAX } from '../model';
import type { DutyInput } from '../model';
import { useSetDuty } from '../queries';
import { TaskDialog } from './task-dialog';

interface DutyDialogProps {
  subject: Omit<DutyInput, 'text'> & { name: string; duty: string };
  onClose: () => void;
}

/** What a person or a department can be asked about (R29). */
export function DutyDialog({ subject, onClose }: DutyDialogProps) {
  const { t } = useTranslation('org');
  const [text, setText] = useState(subject.duty);
  const [checked, setChecked] = useState(false);
  const set = useSetDuty();
  const long = Array.from(text).length > DUTY_MAX;
  const submit = () => {
    setChecked(true);
    const { userId, departmentId } = subject;
    if (!long) set.mutate({ userId, departmentId, text: text.trim() }, { onSuccess: onClose });
  };
  return (
    <TaskDialog title={t('manage.dutyTitle', { name: subject.name })} submit={t('manage.dutySubmit')} size="md" pending={set.isPending} error={set.error} onSubmit={submit} onClose={onClose}>
      <Textarea
        label={t('profile.duty')}
        help={t('manage.dutyHelp')}
        placeholder={t('manage.dutyPlaceholder')}
        autoFocus
        minRows={4}
        value={text}
        onChange={setText}
        error={checked && long ? t('manage.dutyLong', { max: DUTY_MAX }) : undefined}
      />
    </TaskDialog>
  );
}
