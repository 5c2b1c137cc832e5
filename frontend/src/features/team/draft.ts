import { EMPTY_PROFILE } from './model';
import type { Profile } from './model';

/** What a newcomer has typed so far, whichever way they take. */
export interface Draft {
  teamName: string;
  link: string;
  /** From the preview of the link, "" when it is not known. */
  joinTeam: string;
  profile: Profile;
  deviceName: string;
}

export const EMPTY_DRAFT: Draft = { teamName: '', link: '', joinTeam: '', profile: EMPTY_PROFILE, deviceName: '' };

export interface FormProps {
  draft: Draft;
  onDraft: (change: (draft: Draft) => Draft) => void;
  onBack: () => void;
}
