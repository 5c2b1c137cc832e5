import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { usePeople } from '../../../platform/people';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import type { Person as Choice } from '../../../ui/person-picker';
import { useToast } from '../../../ui/toast';
import type { Chat } from '../model';
import { membersQuery, useAddMembers } from '../queries';
import { ChoosePeople } from './choose-people';
import classes from './create-dialog.module.css';

interface AddMembersDialogProps {
  chat: Chat;
  onClose: () => void;
}

export function AddMembersDialog({ chat, onClose }: AddMembersDialogProps) {
  const { t } = useTranslation(['chat', 'ui']);
  const [chosen, setChosen] = useState<Choice[]>([]);
  const members = useQuery(membersQuery(chat.id)).data ?? [];
  const people = usePeople();
  const add = useAddMembers(chat.id);
  const toast = useToast();
  const reasonOf = useFaultText();

  const submit = () =>
    add.mutate(
      chosen.map((person) => person.userId),
      {
        onSuccess: () => {
          toast(t('add.done', { n: chosen.length }));
          onClose();
        },
      },
    );
  return (
    <Dialog
      opened
      title={t('add.title')}
      size="md"
      onClose={onClose}
      footer={
        <>
          <span className={classes.help}>{t('add.help')}</span>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind="primary" loading={add.isPending} disabledReason={chosen.length === 0 ? t('create.pickFirst') : ''} onClick={submit}>
            {chosen.length === 0 ? t('add.submitNone') : t('add.submit', { n: chosen.length })}
          </Button>
        </>
      }
    >
      <div className={classes.form}>
        {add.error && (
          <Banner tone="danger" alert>
            {t('add.failed', { reason: reasonOf(add.error) })}
          </Banner>
        )}
        <ChoosePeople people={people} chosen={chosen} locked={new Set(members.map((m) => m.userId))} onChange={setChosen} />
      </div>
    </Dialog>
  );
}
