import { useTranslation } from 'react-i18next';
import { Dialog } from '../../../ui/dialog';
import { useToast } from '../../../ui/toast';
import { WordsFlow } from './words-flow';

export function WordsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['account', 'ui']);
  const toast = useToast();
  return (
    <Dialog opened title={t('words.title')} size="lg" onClose={onClose}>
      <WordsFlow
        onLater={onClose}
        laterLabel={t('ui:cancel')}
        onDone={() => {
          toast(t('words.done'));
          onClose();
        }}
      />
    </Dialog>
  );
}
