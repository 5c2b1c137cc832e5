import type { Feature } from '../../platform/feature';
import { IconSettings, IconSettingsFilled } from '../../ui/icons';

export const feature: Feature = {
  id: 'settings',
  screen: {
    path: '/settings',
    component: () => null,
    labelKey: 'settings:title',
    icon: IconSettings,
    activeIcon: IconSettingsFilled,
    place: 'foot',
    order: 10,
  },
};
