import { useTranslation } from 'react-i18next';
import { isMac } from '../../../platform/machine';
import { Segmented } from '../../../ui/segmented';
import { useSetting } from '../use-setting';
import { Group } from '../../../ui/group';

const LANGUAGES = ['system', 'zh-CN', 'en'] as const;
const SEND_KEYS = ['enter', 'ctrl_enter'] as const;

export function GeneralSection() {
  const { t } = useTranslation('settings');
  const [language, setLanguage] = useSetting('language');
  const [sendKey, setSendKey] = useSetting('sendKey');
  const mod = isMac() ? '⌘' : 'Ctrl';
  return (
    <>
      <Group
        title={t('general.language')}
        help={t('general.languageHelp')}
        control={
          <Segmented
            label={t('general.language')}
            value={language}
            options={LANGUAGES.map((value) => ({ value, label: t(`general.languages.${value}`) }))}
            onChange={setLanguage}
          />
        }
      />
      <Group
        title={t('general.sendKey')}
        help={t('general.sendKeyHelp')}
        control={
          <Segmented
            label={t('general.sendKey')}
            value={sendKey}
            options={SEND_KEYS.map((value) => ({ value, label: t(`general.sendKeys.${value}`, { mod }) }))}
            onChange={setSendKey}
          />
        }
      />
    </>
  );
}
