import { useTranslation } from 'react-i18next';
import { useAppState, useSaveSettings } from '../../platform/app-state';
import type { Settings } from '../../platform/api';
import { useFaultText } from '../../platform/fault-text';
import { useToast } from '../../ui/toast';

/** One setting and how to change it: shown at once, taken back with the reason when it was not saved. */
export function useSetting<K extends keyof Settings>(key: K): [Settings[K], (value: Settings[K]) => void] {
  const { t } = useTranslation('settings');
  const { settings } = useAppState();
  const { mutate } = useSaveSettings();
  const toast = useToast();
  const reasonOf = useFaultText();
  return [
    settings[key],
    (value) => mutate({ ...settings, [key]: value }, { onError: (error) => toast(t('failed', { reason: reasonOf(error) })) }),
  ];
}
