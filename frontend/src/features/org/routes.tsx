import type { Feature } from '../../platform/feature';
import { IconAddressBook } from '../../ui/icons';
import { LeaveHost } from './components/leave-host';
import { OrgScreen } from './components/org-screen';
import { staleAfter } from './queries';

/** R3, R5, R6, R7, R25, R28. Links: `/org?department=ID`, `person=ID` for a profile. */
export const feature: Feature = {
  id: 'org',
  screen: {
    path: '/org',
    component: OrgScreen,
    labelKey: 'org:title',
    icon: IconAddressBook,
    activeIcon: IconAddressBook,
    place: 'modules',
    order: 50,
  },
  staleAfter,
  Background: LeaveHost,
};
