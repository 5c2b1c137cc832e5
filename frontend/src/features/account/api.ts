// The only caller of the bindings for the account: lock, passphrase, recovery words and devices.

import type { AppState } from '../../platform/api';
import { call } from '../../platform/bindings';
import type { Council, Device, Link, LinkState } from './model';

interface UnlockInput {
  staffNo: string;
  passphrase: string;
  /** Let the system's keychain open this device from now on. */
  remember: boolean;
}

interface RevokeInput {
  deviceId: string;
  /** Someone else may have it: what it wrote after it was last seen does not count. */
  lost: boolean;
  /** The recovery words, when the device asks for them; otherwise none. */
  words: readonly string[];
}

interface ReplaceOwnerInput {
  /** The owner who is lost. */
  replaces: string;
  /** Who becomes owner. */
  subject: string;
  /** Of each holder who takes part. */
  words: readonly (readonly string[])[];
}

export const accountApi = {
  unlock: (input: UnlockInput) => call<AppState>('app', 'Unlock', input),
  lock: () => call<null>('app', 'Lock'),
  changePassphrase: (input: { old: string; next: string }) => call<AppState>('app', 'ChangePassphrase', input),
  resetPassphrase: (input: { words: readonly string[]; next: string }) => call<AppState>('app', 'ResetPassphrase', input),
  resetPassphraseByCode: (input: { code: string; next: string }) => call<AppState>('app', 'ResetPassphraseByCode', input),
  rescueCode: (input: { deviceId: string; passphrase: string }) => call<string>('app', 'RescueCode', input),
  recoveryWords: (passphrase: string) => call<string[]>('app', 'RecoveryWords', passphrase),
  confirmRecoveryWords: (words: readonly string[]) => call<null>('app', 'ConfirmRecoveryWords', words),
  councilWords: (passphrase: string) => call<string[][]>('app', 'CouncilWords', passphrase),
  forgetCouncilWords: () => call<null>('app', 'ForgetCouncilWords'),
  council: () => call<Council>('app', 'Council'),
  replaceOwner: (input: ReplaceOwnerInput) => call<null>('app', 'ReplaceOwner', input),
  setIdleLock: (minutes: number) => call<AppState>('app', 'SetIdleLock', minutes),
  devices: () => call<Device[]>('app', 'Devices'),
  revokeDevice: (input: RevokeInput) => call<null>('app', 'RevokeDevice', input),
  startLink: () => call<Link>('app', 'StartLink'),
  linkState: () => call<LinkState>('app', 'LinkState'),
  confirmLink: (match: boolean) => call<null>('app', 'ConfirmLink', match),
  cancelLink: () => call<null>('app', 'CancelLink'),
};
