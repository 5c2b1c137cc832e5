import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import type { People } from '../../../platform/people';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { Banner } from '../../../ui/banner';
import type { Person as Choice } from '../../../ui/person-picker';
import { TextInput } from '../../../ui/text-input';
import { checkGroupName, NAME_MAX, PURPOSE_MAX } from '../model';
import { useCreateGroup, useOpenDirect } from '../queries';
import { ChoosePeople } from './choose-people';
import classes from './create-dialog.module.css';

interface CreateDialogProps {
  people: People;
  onClose: () => void;
  onDone: (chatId: string) => void;
}

/** One person: a direct chat. Several: a group with a name (R37). */
export function CreateDialog({ people, onClose, onDone }: CreateDialogProps) {
  const { t } = useTranslation(['chat', 'ui']);
  const [chosen, setChosen] = useState<Choice[]>([]);
  const [name, setName] = useState('');
  const [purpose, setPurpose] = useState('');
  const [touched, setTouched] = useState(false);
  const direct = useOpenDirect();
  const group = useCreateGroup();
  const reasonOf = useFaultText();
  const isGroup = chosen.length > 1;
  const problem = checkGroupName(name);
  const failure = isGroup ? group.error : direct.error;

  const submit = () => {
    setTouched(true);
    const done = { onSuccess: (chat: { id: string }) => onDone(chat.id) };
    const [first] = chosen;
    if (!isGroup) {
      if (first) direct.mutate(first.userId, done);
    } else if (!problem && purpose.length <= PURPOSE_MAX) {
      group.mutate({ name: name.trim(), purpose: purpose.trim(), members: chosen.map((p) => p.userId) }, done);
    }
  };
  return (
    <Dialog
      opened
      title={t('create.title')}
      size="md"
      onClose={onClose}
      footer={
        <>
          <span className={classes.help}>{t('create.help')}</span>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button
            kind="primary"
            loading={direct.isPending || group.isPending}
            disabledReason={chosen.length === 0 ? t('create.pickFirst') : ''}
            onClick={submit}
          >
            {isGroup ? t('create.createGroup') : t('create.open')}
          </Button>
        </>
      }
    >
      <div className={classes.form}>
        {failure && (
          <Banner tone="danger" alert>
            {t('create.failed', { reason: reasonOf(failure) })}
          </Banner>
        )}
        <ChoosePeople people={people} chosen={chosen} onChange={setChosen} />
        {isGroup && (
          <div className={classes.group}>
            <TextInput
              label={t('create.name')}
              required
              value={name}
              onChange={setName}
              onEnter={submit}
              placeholder={t('create.namePlaceholder')}
              error={touched && problem ? t(`create.${problem}`, { max: NAME_MAX }) : undefined}
            />
            <TextInput
              label={t('create.purpose')}
              value={purpose}
              onChange={setPurpose}
              onEnter={submit}
              placeholder={t('create.purposePlaceholder')}
              error={purpose.length > PURPOSE_MAX ? t('create.purposeLong', { max: PURPOSE_MAX }) : undefined}
            />
          </div>
        )}
      </div>
    </Dialog>
  );
}
