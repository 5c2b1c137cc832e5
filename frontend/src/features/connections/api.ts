// The only caller of the bindings for connections.

import { call } from '../../platform/bindings';
import type { Connections } from './model';

export const connectionsApi = {
  connections: () => call<Connections>('app', 'Connections'),
  addAddress: (address: string) => call<null>('app', 'AddAddress', address),
  syncNow: () => call<null>('app', 'SyncNow'),
};
