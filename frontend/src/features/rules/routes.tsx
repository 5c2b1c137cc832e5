import type { Feature } from '../../platform/feature';
import { IconBook2 } from '../../ui/icons';
import { RulesScreen } from './components/rules-screen';
import { staleAfter } from './queries';

/** R143, R144 and the numbers of all rules. Links: `/rules?group=GROUP`, `q=TEXT`, `rule=KEY`. */
export const feature: Feature = {
  id: 'rules',
  screen: {
    path: '/rules',
    component: RulesScreen,
    labelKey: 'rules:title',
    icon: IconBook2,
    activeIcon: IconBook2,
    place: 'modules',
    order: 80,
  },
  staleAfter,
};
