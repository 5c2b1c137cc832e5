import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { TextInput } from '../../../ui/text-input';
import { useToast } from '../../../ui/toast';
import type { Member } from '../model';
import { useFreeze, useUnfreeze } from '../queries';
import classes from './form.module.css';
import { TaskDialog } from './task-dialog';

interface FreezeDialogProps {
  member: Member;
  /** Or else give access back. */
  freeze: boolean;
  onClose: () => void;
}

/** Stops an account that may be in other hands, or gives it back (R16). Says what happens, also to devices that are offline. */
export function FreezeDialog({ member, freeze, onClose }: FreezeDialogProps) {
  const { t } = useTranslation('org');
  const toast = useToast();
  const [reason, setReason] = useState('');
  const [checked, setChecked] = useState(false);
  const freezing = useFreeze();
  const thawing = useUnfreeze();
  const { name, userId } = member;
  const done = () => {
    toast(t(freeze ? 'freeze.done' : 'freeze.undone', { name }));
    onClose();
  };
  const submit = () => {
    setChecked(true);
    if (!freeze) thawing.mutate(userId, { onSuccess: done });
    else if (reason.trim() !== '') freezing.mutate({ userId, reason: reason.trim() }, { onSuccess: done });
  };
  const points = freeze ? (['effect', 'offline', 'back'] as const) : (['undoEffect', 'undoOffline'] as const);
  return (
    <TaskDialog
      title={t(freeze ? 'freeze.title' : 'freeze.undoTitle', { name })}
      submit={t(freeze ? 'freeze.submit' : 'freeze.undoSubmit')}
      danger={freeze}
      size="md"
      pending={freezing.isPending || thawing.isPending}
      error={freezing.error ?? thawing.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <ul className={classes.points}>
        {points.map((point) => (
          <li key={point}>{t(`freeze.${point}`, { name })}</li>
        ))}
      </ul>
      {freeze && (
        <TextInput
          label={t('freeze.reason')}
          required
          autoFocus
          placeholder={t('freeze.reasonPlaceholder')}
          value={reason}
          onChange={setReason}
          error={checked && reason.trim() === '' ? t('freeze.reasonRequired') : undefined}
        />
      )}
    </TaskDialog>
  );
}
