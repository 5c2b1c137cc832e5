import { useAppState, useSaveSettings } from '../../platform/app-state';
import { useSystemTheme } from '../system-theme';

/** The theme that is shown, and how to change to the other. */
export function useThemeSwitch() {
  const { settings } = useAppState();
  const { mutate } = useSaveSettings();
  const system = useSystemTheme();
  const theme = settings.theme === 'system' ? system : settings.theme;
  return {
    theme,
    toggle: () => mutate({ ...settings, theme: theme === 'dark' ? 'light' : 'dark' }),
  };
}
