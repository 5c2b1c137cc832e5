import type { Feature } from '../../platform/feature';
import { ADDRESS } from '../../platform/places';
import { IconPlugConnected } from '../../ui/icons';
import { AddressDialog } from './components/address-dialog';
import { OfflineNotice } from './components/offline-notice';
import { SyncChip } from './components/sync-chip';
import { staleAfter } from './queries';

export const feature: Feature = {
  id: 'connections',
  staleAfter,
  TopBarItem: SyncChip,
  Notice: OfflineNotice,
  Background: AddressDialog,
  palette: (query, { t, setParams }) => {
    const label = t('connections:address.command');
    const items = label.toLowerCase().includes(query.toLowerCase())
      ? [{ id: 'address', group: t('connections:address.group'), label, icon: IconPlugConnected, run: () => setParams({ [ADDRESS]: '1' }) }]
      : [];
    return Promise.resolve(items);
  },
};
