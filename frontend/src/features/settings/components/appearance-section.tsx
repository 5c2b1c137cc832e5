import { useTranslation } from 'react-i18next';
import { isMac } from '../../../platform/machine';
import { shortcutText } from '../../../platform/shortcut';
import { Segmented } from '../../../ui/segmented';
import { useSetting } from '../use-setting';
import { Group } from '../../../ui/group';

const THEMES = ['system', 'light', 'dark'] as const;

export function AppearanceSection() {
  const { t } = useTranslation('settings');
  const [theme, setTheme] = useSetting('theme');
  return (
    <Group
      title={t('appearance.theme')}
      help={t('appearance.themeHelp', { keys: shortcutText('mod+shift+l', isMac()) })}
      control={
        <Segmented
          label={t('appearance.theme')}
          value={theme}
          options={THEMES.map((value) => ({ value, label: t(`appearance.themes.${value}`) }))}
          onChange={setTheme}
        />
      }
    />
  );
}
