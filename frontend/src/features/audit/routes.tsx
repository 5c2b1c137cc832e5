import type { Feature } from '../../platform/feature';
import { IconHistory } from '../../ui/icons';
import { AuditScreen } from './components/audit-screen';
import { staleAfter } from './queries';

/** R14, R139, R140. Links: `/audit?user=ID`, `kind=KIND`, `days=7`, `days=custom` with `from` and `to`, `q=TEXT`, `entry=ID`. */
export const feature: Feature = {
  id: 'audit',
  screen: {
    path: '/audit',
    component: AuditScreen,
    labelKey: 'audit:title',
    icon: IconHistory,
    activeIcon: IconHistory,
    place: 'modules',
    order: 90,
    roles: ['owner', 'admin'],
  },
  staleAfter,
};
