// The only caller of the bindings for diagnosis. Settings themselves are platform/app-state.ts, which all screens use.

import { call } from '../../platform/bindings';

export interface Check {
  /** "keychain", "mdns", "ports", "webview", "disk", "clock" */
  name: string;
  state: 'ok' | 'warn' | 'fail';
  /** "mdns.blocked" */
  code: string;
  params: Record<string, string>;
}

interface Connections {
  self: { deviceName: string };
}

export const settingsApi = {
  doctor: () => call<Check[]>('app', 'Doctor'),
  deviceName: async () => (await call<Connections>('app', 'Connections')).self.deviceName,
};
