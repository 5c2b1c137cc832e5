import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { IconAlertCircle } from '../../../ui/icons';
import { TextInput } from '../../../ui/text-input';
import { invitationsQuery, useCreateInvitation } from '../queries';
import { InvitationCard } from './invitation-card';
import classes from './invitation-dialog.module.css';
import { InvitationList } from './invitation-list';

interface InvitationDialogProps {
  opened: boolean;
  onClose: () => void;
}

/** Makes invitations, shows their link and QR code, and what became of earlier ones. */
export function InvitationDialog({ opened, onClose }: InvitationDialogProps) {
  const { t } = useTranslation('team');
  return (
    <Dialog opened={opened} title={t('invite.title')} size="md" onClose={onClose}>
      <Content />
    </Dialog>
  );
}

function Content() {
  const { t } = useTranslation('team');
  const reasonOf = useFaultText();
  const [note, setNote] = useState('');
  const [shownId, setShownId] = useState('');
  const list = useQuery(invitationsQuery);
  const create = useCreateInvitation();
  const shown = list.data?.find(({ id, state }) => id === shownId && state === 'open');

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    create.mutate(note.trim(), {
      onSuccess: ({ id }) => {
        setShownId(id);
        setNote('');
      },
    });
  };
  return (
    <>
      <p className={classes.help}>{t('invite.help')}</p>
      <form className={classes.create} onSubmit={submit}>
        <div className={classes.note}>
          <TextInput label={t('invite.note')} placeholder={t('invite.notePlaceholder')} autoFocus value={note} onChange={setNote} />
        </div>
        <Button kind="primary" type="submit" loading={create.isPending}>
          {t('invite.create')}
        </Button>
      </form>
      {create.error && (
        <Banner tone="danger" icon={<IconAlertCircle size={16} stroke={1.8} />} alert>
          {t('invite.failed', { reason: reasonOf(create.error) })}
        </Banner>
      )}
      {shown && <InvitationCard invitation={shown} />}
      <InvitationList query={list} shownId={shown?.id ?? ''} onShow={setShownId} />
    </>
  );
}
