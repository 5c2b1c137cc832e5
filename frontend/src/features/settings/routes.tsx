import type { Feature } from '../../platform/feature';
import { IconSettings, IconSettingsFilled } from '../../ui/icons';
import { SettingsScreen } from './components/settings-screen';

export const feature: Feature = {
  id: 'settings',
  screen: {
    path: '/settings',
    component: SettingsScreen,
    labelKey: 'settings:title',
    icon: IconSettings,
    activeIcon: IconSettingsFilled,
    place: 'foot',
    order: 10,
  },
};
