import type { Feature } from '../../platform/feature';
import { ADDRESS, RELAYS } from '../../platform/places';
import { IconPlugConnected, IconServer } from '../../ui/icons';
import { AddressDialog } from './components/address-dialog';
import { OfflineNotice } from './components/offline-notice';
import { RelayDialog } from './components/relay-dialog';
import { SyncChip } from './components/sync-chip';
import { staleAfter } from './queries';

export const feature: Feature = {
  id: 'connections',
  staleAfter,
  TopBarItem: SyncChip,
  Notice: OfflineNotice,
  Background: Dialogs,
  palette: (query, { t, setParams }) => {
    const commands = [
      { id: 'address', label: t('connections:address.command'), icon: IconPlugConnected, param: ADDRESS },
      { id: 'relays', label: t('connections:relay.command'), icon: IconServer, param: RELAYS },
    ];
    const found = commands.filter(({ label }) => label.toLowerCase().includes(query.toLowerCase()));
    return Promise.resolve(
      found.map(({ id, label, icon, param }) => ({ id, group: t('connections:address.group'), label, icon, run: () => setParams({ [param]: '1' }) })),
    );
  },
};

function Dialogs() {
  return (
    <>
      <AddressDialog />
      <RelayDialog />
    </>
  );
}
