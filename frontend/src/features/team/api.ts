// The only caller of the bindings for founding, joining, linking, recovering and inviting.

import { bound, call } from '../../platform/bindings';
import type { AppState } from '../../platform/api';
import type { Invitation, InvitationPreview, JoinProgress, Profile, Restored, RestoreInput, RestoreProgress } from './model';

interface FoundInput {
  teamName: string;
  profile: Profile;
  deviceName: string;
  passphrase: string;
  /** Keys of the recovery council; 0: none. */
  council: number;
}

interface JoinInput {
  link: string;
  profile: Profile;
  deviceName: string;
  passphrase: string;
}

interface ResumeInput {
  staffNo: string;
  passphrase: string;
}

interface LinkInput {
  link: string;
  deviceName: string;
  passphrase: string;
}

interface RecoverInput extends LinkInput {
  words: readonly string[];
}

export const teamApi = {
  found: (input: FoundInput) => call<AppState>('app', 'Found', input),
  preview: (link: string) => call<InvitationPreview>('app', 'PreviewInvitation', link),
  join: (input: JoinInput) => call<null>('app', 'Join', input),
  linkDevice: (input: LinkInput) => call<null>('app', 'LinkDevice', input),
  recover: (input: RecoverInput) => call<null>('app', 'Recover', input),
  joinProgress: () => call<JoinProgress>('app', 'JoinProgress'),
  inspectBackup: (input: RestoreInput) => call<Restored>('app', 'InspectBackup', input),
  restoreBackup: (input: RestoreInput) => call<Restored>('app', 'RestoreBackup', input),
  restoreProgress: () => call<RestoreProgress>('app', 'RestoreProgress'),
  cancelRestore: () => call<null>('app', 'CancelBackup'),
  /** A window has a dialog of the system; in a browser the path is typed. */
  canChoose: () => bound('desktop'),
  /** "" when nothing was chosen. */
  chooseFolder: (title: string) => call<string>('desktop', 'ChooseFolder', title),
  resumeJoin: (input: ResumeInput) => call<null>('app', 'ResumeJoin', input),
  cancelJoin: () => call<null>('app', 'CancelJoin'),
  createInvitation: (note: string) => call<Invitation>('app', 'CreateInvitation', { note }),
  invitations: () => call<Invitation[]>('app', 'Invitations'),
};
