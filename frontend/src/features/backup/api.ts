// The only caller of the bindings for backing up.

import { bound, call } from '../../platform/bindings';
import type { Backup } from './model';

interface SetUpInput {
  /** The passphrase of this device. */
  current: string;
  folder: string;
  /** Opens the backup on another machine. */
  passphrase: string;
}

export const backupApi = {
  state: () => call<Backup>('app', 'Backup'),
  setUp: (input: SetUpInput) => call<Backup>('app', 'SetUpBackup', input),
  run: () => call<Backup>('app', 'BackUpNow'),
  cancel: () => call<null>('app', 'CancelBackup'),
  forget: () => call<Backup>('app', 'ForgetBackup'),
  later: () => call<Backup>('app', 'RemindLater'),
  /** A window has a dialog of the system; in a browser the path is typed. */
  canChoose: () => bound('desktop'),
  /** "" when nothing was chosen. */
  choose: (title: string) => call<string>('desktop', 'ChooseFolder', title),
};
