import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { NewPassphrase } from '../../../ui/new-passphrase';
import { PassphraseInput } from '../../../ui/passphrase-input';
import { TextInput } from '../../../ui/text-input';
import { useToast } from '../../../ui/toast';
import { useNewPassphrase } from '../../../ui/use-new-passphrase';
import { backupApi } from '../api';
import { useChooseFolder, useSetUp } from '../queries';
import classes from './backup.module.css';

const FORM = 'set-up-backup';

/** Chooses a disk or folder and the passphrase that opens the backup there. The first run begins at once. */
export function SetUpDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['backup', 'ui']);
  const { account } = useAppState();
  const reasonOf = useFaultText();
  const toast = useToast();
  const setUp = useSetUp();
  const choose = useChooseFolder();
  const [folder, setFolder] = useState('');
  const [current, setCurrent] = useState('');
  const [checked, setChecked] = useState(false);
  const secret = useNewPassphrase(account.staffNo, account.name);
  const failure = setUp.error ?? choose.error;

  const submit = () => {
    setChecked(true);
    if (folder.trim() === '' || current === '' || !secret.ready || setUp.isPending) return;
    setUp.mutate(
      { current, folder: folder.trim(), passphrase: secret.value },
      {
        onSuccess: () => {
          toast(t('setUp.begun'));
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      opened
      title={t('setUp.title')}
      size="md"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind="primary" type="submit" form={FORM} loading={setUp.isPending}>
            {t('setUp.submit')}
          </Button>
        </>
      }
    >
      <form
        id={FORM}
        className={classes.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {failure && (
          <Banner tone="danger" alert>
            {t('setUp.failed', { reason: reasonOf(failure) })}
          </Banner>
        )}
        <div className={classes.folder}>
          <TextInput
            label={t('setUp.folder')}
            required
            autoFocus
            placeholder={t('setUp.folderPlaceholder')}
            value={folder}
            onChange={setFolder}
            error={checked && folder.trim() === '' ? t('setUp.folderRequired') : undefined}
          />
          {backupApi.canChoose() && (
            <Button loading={choose.isPending} onClick={() => choose.mutate(t('setUp.folder'), { onSuccess: (path) => path !== '' && setFolder(path) })}>
              {t('setUp.choose')}
            </Button>
          )}
        </div>
        <p className={classes.help}>{t('setUp.folderHelp')}</p>
        <NewPassphrase state={secret} label={t('setUp.passphrase')} checked={checked} />
        <p className={classes.help}>{t('setUp.passphraseHelp')}</p>
        <PassphraseInput
          label={t('setUp.current')}
          required
          help={t('setUp.currentHelp')}
          value={current}
          onChange={setCurrent}
          error={checked && current === '' ? t('setUp.currentRequired') : undefined}
        />
      </form>
    </Dialog>
  );
}
