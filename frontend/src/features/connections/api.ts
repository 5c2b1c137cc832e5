// The only caller of the bindings for connections.

import { call } from '../../platform/bindings';
import type { Connections } from './model';
import type { RelayLink, Relays } from './relays';

export const connectionsApi = {
  connections: () => call<Connections>('app', 'Connections'),
  addAddress: (address: string) => call<null>('app', 'AddAddress', address),
  relays: () => call<Relays>('app', 'Relays'),
  previewRelay: (link: string) => call<RelayLink>('app', 'PreviewRelay', link),
  addRelay: ({ link, name }: { link: string; name: string }) => call<Relays>('app', 'AddRelay', link, name),
  removeRelay: (key: string) => call<Relays>('app', 'RemoveRelay', key),
  syncNow: () => call<null>('app', 'SyncNow'),
};
