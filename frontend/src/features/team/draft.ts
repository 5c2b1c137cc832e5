import type { NewPassphraseState } from '../../ui/use-new-passphrase';
import { NO_WORDS } from '../../ui/word-input';
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
  /** Keys of a recovery council, 0 for none. */
  council: number;
  words: readonly string[];
}

export const EMPTY_DRAFT: Draft = { teamName: '', link: '', joinTeam: '', profile: EMPTY_PROFILE, deviceName: '', council: 0, words: NO_WORDS };

export interface FormProps {
  draft: Draft;
  /** The passphrase for this device. */
  secret: NewPassphraseState;
  onDraft: (change: (draft: Draft) => Draft) => void;
  onBack: () => void;
}

/** The ways into a team. */
export type Way = 'found' | 'join' | 'link' | 'recover' | 'restore';
