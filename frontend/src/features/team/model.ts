// Pure helpers of founding, joining and inviting.

export interface Profile {
  name: string;
  staffNo: string;
  departmentId: string;
  departmentName: string;
  position: string;
  phone: string;
  email: string;
  kind: 'regular' | 'probation' | 'external';
}

export interface InvitationPreview {
  teamName: string;
  inviter: string;
  /** RFC 3339 */
  expiresAt: string;
  /** How many addresses it carries; 0: it works on the local network only. */
  addresses: number;
}

export interface Invitation {
  id: string;
  /** "" once it can no longer be used. */
  link: string;
  createdAt: string;
  expiresAt: string;
  state: 'open' | 'used' | 'expired';
  usedBy: string;
  note: string;
}

export interface JoinProgress {
  step: 'idle' | 'paused' | 'searching' | 'connecting' | 'proving' | 'compare' | 'admitted' | 'history' | 'done' | 'failed';
  done: number;
  total: number;
  /** Why it stalls, or why it failed; in step "compare" the six digits; "" otherwise. */
  code: string;
  params: Record<string, string>;
  /** When the step began, RFC 3339. */
  since: string;
  /** The request for colleagues who are away: "" without a relay; no_box: no colleague was there since the invitation was made. */
  relay: '' | 'trying' | 'no_box' | 'left';
}

export const EMPTY_PROFILE: Profile = {
  name: '',
  staffNo: '',
  departmentId: '',
  departmentName: '',
  position: '',
  phone: '',
  email: '',
  kind: 'regular',
};

export interface ProfileErrors {
  name?: 'required';
  staffNo?: 'required';
  departmentName?: 'required';
  position?: 'required';
  email?: 'format';
}

/** What can be said before asking the backend, which checks all of it again. */
export function checkProfile(profile: Profile): ProfileErrors {
  const errors: ProfileErrors = {};
  // One unlocks with the staff number (R1); department and position are part of every profile (R5).
  for (const field of ['name', 'staffNo', 'departmentName', 'position'] as const) {
    if (profile[field].trim() === '') errors[field] = 'required';
  }
  const email = profile.email.trim();
  if (email !== '' && !/^[^\s@]+@[^\s@]+$/.test(email)) errors.email = 'format';
  return errors;
}

export function trimProfile(profile: Profile): Profile {
  return {
    ...profile,
    name: profile.name.trim(),
    staffNo: profile.staffNo.trim(),
    departmentName: profile.departmentName.trim(),
    position: profile.position.trim(),
    phone: profile.phone.trim(),
    email: profile.email.trim(),
  };
}

/** The four things a newcomer sees happen, in order. */
export const STAGES = ['search', 'connect', 'prove', 'history'] as const;
export type Stage = (typeof STAGES)[number];
export type StageState = 'done' | 'active' | 'waiting' | 'stalled' | 'failed';

/** The stage of each step that is under way. */
const STAGE_OF: Partial<Record<JoinProgress['step'], Stage>> = {
  searching: 'search',
  connecting: 'connect',
  proving: 'prove',
  compare: 'prove',
  admitted: 'history',
  history: 'history',
};

export function stageOf(step: JoinProgress['step']): Stage | null {
  return STAGE_OF[step] ?? null;
}

/**
 * How each stage stands. `reached` is the last stage seen under way: a failure happened there. `stalled` marks the
 * current one.
 */
export function stageStates(step: JoinProgress['step'], reached: Stage, stalled: boolean): Record<Stage, StageState> {
  const current = STAGES.indexOf(stageOf(step) ?? reached);
  const states = STAGES.map<[Stage, StageState]>((stage, index) => {
    if (step === 'done' || index < current) return [stage, 'done'];
    if (index > current) return [stage, 'waiting'];
    if (step === 'failed') return [stage, 'failed'];
    return [stage, stalled ? 'stalled' : 'active'];
  });
  return Object.fromEntries(states) as Record<Stage, StageState>;
}

/** Without news for so long, the person is told why that may be and what to do. */
export const STALL_MS: Record<Stage, number> = { search: 15_000, connect: 15_000, prove: 15_000, history: 20_000 };

/** Codes after which the same invitation can be tried again. */
const WORTH_RETRYING: ReadonlySet<string> = new Set(['join.unknown', 'join.busy', 'join.nobody_online', 'join.failed', 'join.cancelled', 'store.full']);

export function canRetry(code: string): boolean {
  return WORTH_RETRYING.has(code);
}

const REMEDIES = ['used', 'expired', 'damaged', 'newer', 'unknown', 'refused', 'busy', 'admitted'] as const;
export type Remedy = (typeof REMEDIES)[number] | 'other';

/** What to do about a fault, as a key of the texts under "remedy". */
export function remedyFor(code: string): Remedy {
  return REMEDIES.find((reason) => code === `join.${reason}`) ?? 'other';
}

/** Keys of a recovery council that can be chosen; any COUNCIL_NEEDED of them act together. */
export const COUNCIL_SIZES = [3, 5] as const;
export const COUNCIL_NEEDED = 2;

/** The link in whatever was pasted: often with a line break or the sentence around it. */
export function linkIn(text: string): string {
  return /tongzhou:\/\/\w+\/\S+/.exec(text)?.[0] ?? text.trim();
}

/** 1:05 */
export function minutesText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** What opens a backup: its passphrase, or the recovery words, separated by spaces. */
export interface RestoreInput {
  from: string;
  passphrase: string;
  words: string;
  /** Up to this backup; 0: the newest. */
  run: number;
  /** The machine that was backed up will not be used again. */
  oldIsGone: boolean;
}

/** What is in a backup, or was restored of it. */
export interface Restored {
  deviceName: string;
  /** RFC 3339, of the backup. */
  at: string;
  run: number;
  ops: number;
  /** Ops that do not prove themselves; colleagues have them. */
  missing: number;
  rows: number;
}

export interface RestoreProgress {
  phase: '' | 'reading' | 'ops' | 'proving';
  done: number;
  total: number;
}
