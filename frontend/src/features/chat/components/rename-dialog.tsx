import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { TextInput } from '../../../ui/text-input';
import { checkGroupName, NAME_MAX } from '../model';
import type { Chat } from '../model';
import { useRenameGroup } from '../queries';

interface RenameDialogProps {
  chat: Chat;
  onClose: () => void;
}

export function RenameDialog({ chat, onClose }: RenameDialogProps) {
  const { t } = useTranslation(['chat', 'ui']);
  const [name, setName] = useState(chat.name);
  const rename = useRenameGroup(chat.id);
  const reasonOf = useFaultText();
  const problem = checkGroupName(name);
  const error = problem ? t(`create.${problem}`, { max: NAME_MAX }) : rename.error && t('rename.failed', { reason: reasonOf(rename.error) });

  const submit = () => {
    if (!problem) rename.mutate(name.trim(), { onSuccess: onClose });
  };
  return (
    <Dialog
      opened
      title={t('rename.title')}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind="primary" loading={rename.isPending} onClick={submit}>
            {t('rename.submit')}
          </Button>
        </>
      }
    >
      <TextInput label={t('create.name')} required autoFocus value={name} onChange={setName} onEnter={submit} error={error ?? undefined} />
    </Dialog>
  );
}
