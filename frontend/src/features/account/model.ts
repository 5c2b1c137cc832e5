// Pure helpers of the account.

export interface Device {
  id: string;
  name: string;
  /** It is this one. */
  current: boolean;
  /** RFC 3339 */
  addedAt: string;
  /** The name of the device that linked it; "" for the first. */
  addedBy: string;
  /** RFC 3339, "" when never seen by this one. */
  lastSeen: string;
  online: boolean;
  state: 'active' | 'revoked';
  canRevoke: boolean;
  /** It is senior to this one: signing it out takes the recovery words. */
  needsWords: boolean;
}

export interface Link {
  link: string;
  /** RFC 3339 */
  expiresAt: string;
}

export interface LinkState {
  step: 'idle' | 'waiting' | 'connected' | 'compare' | 'adding' | 'done' | 'failed';
  /** Six digits, from the step "compare" on. */
  code: string;
  deviceName: string;
  /** Why it failed, "" otherwise. */
  fault: string;
  params: Record<string, string>;
}

/** Choices of the idle lock in minutes; 0: never. */
export const IDLE_MINUTES = [0, 5, 10, 15, 30, 60] as const;

/** The choices, with the one that is set when it is none of them (a house rule may say so). */
export function idleChoices(current: number): number[] {
  return [...new Set<number>([...IDLE_MINUTES, current])].sort((a, b) => (a || Infinity) - (b || Infinity));
}

/** Positions of the words that a fault names: by the word itself, or by its number from 1. */
export function wrongWords(words: readonly string[], named: string): number[] {
  const number = Number(named);
  if (named !== '' && Number.isInteger(number)) return [number - 1];
  return words.flatMap((word, index) => (word === named && word !== '' ? [index] : []));
}

/** Seconds that a refused passphrase makes one wait, 0 when it does not. */
export function waitOf({ code, params }: { code: string; params: Readonly<Record<string, string>> }): number {
  if (code !== 'vault.wrong' && code !== 'vault.wait' && code !== 'rescue.wrong') return 0;
  return Math.max(0, Math.ceil(Number(params.wait ?? 0) || 0));
}

/** Who can replace an owner together. */
export interface Council {
  /** So many holders at once; 0: the team has no council. */
  needed: number;
  keys: number;
  owners: readonly { userId: string; name: string }[];
}
