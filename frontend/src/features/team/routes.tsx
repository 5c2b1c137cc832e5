import type { Feature } from '../../platform/feature';
import { INVITE } from '../../platform/places';
import { IconUserPlus } from '../../ui/icons';
import { InvitationHost } from './components/invitation-host';
import { staleAfter } from './queries';

export { Onboarding } from './components/onboarding';

export const feature: Feature = {
  id: 'team',
  staleAfter,
  Background: InvitationHost,
  palette: (query, { t, setParams }) => {
    const label = t('team:invite.command');
    const items = label.toLowerCase().includes(query.toLowerCase())
      ? [{ id: 'invite', group: t('team:invite.group'), label, icon: IconUserPlus, run: () => setParams({ [INVITE]: '1' }) }]
      : [];
    return Promise.resolve(items);
  },
};
