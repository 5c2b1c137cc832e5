import { useTranslation } from 'react-i18next';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { useToast } from '../../../ui/toast';
import { useChangePassphrase } from '../queries';
import { ChangeForm } from './change-form';

const FORM = 'change-passphrase';

export function ChangeDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['account', 'ui']);
  const change = useChangePassphrase();
  const toast = useToast();
  const done = () => {
    toast(t('change.done'));
    onClose();
  };
  return (
    <Dialog
      opened
      title={t('change.title')}
      size="md"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('ui:cancel')}</Button>
          <Button kind="primary" type="submit" form={FORM} loading={change.isPending}>
            {t('change.submit')}
          </Button>
        </>
      }
    >
      <ChangeForm id={FORM} change={change} onDone={done} />
    </Dialog>
  );
}
