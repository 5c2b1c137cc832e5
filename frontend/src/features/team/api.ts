// The only caller of the bindings for founding, joining and inviting.

import { call } from '../../platform/bindings';
import type { AppState } from '../../platform/api';
import type { Invitation, InvitationPreview, JoinProgress, Profile } from './model';

interface FoundInput {
  teamName: string;
  profile: Profile;
  deviceName: string;
}

interface JoinInput {
  link: string;
  profile: Profile;
  deviceName: string;
}

export const teamApi = {
  found: (input: FoundInput) => call<AppState>('app', 'Found', input),
  preview: (link: string) => call<InvitationPreview>('app', 'PreviewInvitation', link),
  join: (input: JoinInput) => call<null>('app', 'Join', input),
  joinProgress: () => call<JoinProgress>('app', 'JoinProgress'),
  cancelJoin: () => call<null>('app', 'CancelJoin'),
  createInvitation: (note: string) => call<Invitation>('app', 'CreateInvitation', { note }),
  invitations: () => call<Invitation[]>('app', 'Invitations'),
};
