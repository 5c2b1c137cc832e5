import type { Account, AppState } from '../../api';
import { Fault } from '../../fault';
import { rejection } from '../fake-backend';
import type { FakeBackend, Handlers } from '../fake-backend';
import { ago } from './clock';

/** What the demonstration takes for the right passphrase. */
const PASSPHRASE = 'tongzhou#2026';

const RESCUE_CODE = '7KQ2M-X9WTB-0HRNE-4VJ8C-PZ5DA-G3Y6S';

const WORDS =
  'harbor velvet candle orbit meadow puzzle lantern ripple summit anchor breeze cactus dragon ember fossil garden hazard island jungle kitten lemon magnet nectar oxygen'.split(' ');

const NOTHING: Account = {
  staffNo: '',
  name: '',
  wordsConfirmed: false,
  passphraseState: 'ok',
  passphraseDays: 0,
  keychain: true,
  remembered: false,
  idleMinutes: 0,
  since: '',
  by: '',
};

const MINE: Account = { ...NOTHING, staffNo: 'XH1007', name: '周明轩', wordsConfirmed: true, passphraseDays: 62, idleMinutes: 10 };

/** The account as each scene begins. */
export function accountOf(scene: string, phase: AppState['phase']): Account {
  if (phase === 'none') return NOTHING;
  switch (scene) {
    case 'soon':
      return { ...MINE, passphraseState: 'soon', passphraseDays: 5 };
    case 'overdue':
      return { ...MINE, passphraseState: 'overdue', passphraseDays: 0 };
    case 'words':
      return { ...MINE, wordsConfirmed: false };
    case 'frozen':
    case 'removed':
    case 'signed_out':
      return { ...MINE, since: ago(95), by: scene === 'signed_out' ? 'MacBook Air' : '林晓雯' };
    default:
      return MINE;
  }
}

/** Everything about the account but the state itself, which `change` alters. */
export function demoAccount(backend: FakeBackend, change: (phase: AppState['phase'] | null, account: Partial<Account>) => AppState): Handlers {
  let council: string[][] = [];
  const open = (passphrase: string) => {
    if (passphrase !== PASSPHRASE) throw rejection(new Fault('vault.wrong', { wait: '4' }));
  };
  const told = (phase: AppState['phase'] | null, account: Partial<Account>) => {
    const state = change(phase, account);
    backend.emit('state');
    return state;
  };
  return {
    Found: ({ council: keys }: { council: number }) => {
      council = Array.from({ length: keys }, (_, key) => [...WORDS.slice(key), ...WORDS.slice(0, key)]);
      return change('ready', { ...MINE, wordsConfirmed: false });
    },
    Unlock: ({ passphrase, remember }: { passphrase: string; remember: boolean }) => {
      open(passphrase);
      return change('ready', { remembered: remember });
    },
    Lock: () => void told('locked', {}),
    ChangePassphrase: ({ old }: { old: string }) => {
      open(old);
      return told(null, { passphraseState: 'ok', passphraseDays: 90 });
    },
    Council: () => ({ needed: 2, keys: 3, owners: [{ userId: 'me', name: '周明轩' }] }),
    ReplaceOwner: ({ words }: { words: string[][] }) => {
      const at = words.findIndex((list) => !list.every((word) => WORDS.includes(word)));
      if (at >= 0) throw rejection(new Fault('council.words', { holder: String(at + 1), word: String((words[at] ?? []).findIndex((word) => !WORDS.includes(word)) + 1) }));
    },
    CheckPassphrase: ({ passphrase, staffNo, name }: { passphrase: string; staffNo: string; name: string }) => check(passphrase, staffNo, name),
    ResetPassphrase: ({ words }: { words: string[] }) => {
      const wrong = words.find((word, index) => word !== WORDS[index]);
      if (wrong !== undefined) throw rejection(new Fault('vault.words', { word: String(words.indexOf(wrong) + 1) }));
      return change('ready', { passphraseDays: 90 });
    },
    ResetPassphraseByCode: ({ code }: { code: string }) => {
      const have = code.replaceAll(/[\s-]/g, '').length;
      if (have !== 30) throw rejection(new Fault('rescue.length', { have: String(have), want: '30' }));
      if (code.trim().toUpperCase() !== RESCUE_CODE) throw rejection(new Fault('rescue.wrong', { wait: '4' }));
      return change('ready', { passphraseDays: 90 });
    },
    RescueCode: ({ passphrase }: { deviceId: string; passphrase: string }) => {
      open(passphrase);
      return RESCUE_CODE;
    },
    RecoveryWords: (passphrase: string) => {
      open(passphrase);
      return WORDS;
    },
    ConfirmRecoveryWords: () => void told(null, { wordsConfirmed: true }),
    CouncilWords: (passphrase: string) => {
      open(passphrase);
      if (council.length === 0) throw rejection(new Fault('vault.words_gone'));
      return council;
    },
    ForgetCouncilWords: () => {
      council = [];
    },
    SetIdleLock: (minutes: number) => told(null, { idleMinutes: minutes }),
  };
}

function check(passphrase: string, staffNo: string, name: string) {
  const rules: readonly (readonly [string, boolean])[] = [
    ['short', passphrase.length < 8],
    ['no_letter', !/[a-z]/i.test(passphrase)],
    ['no_digit', !/\d/.test(passphrase)],
    ['no_special', !/[^a-z\d]/i.test(passphrase)],
    ['simple', /123456|abcdef|password|qwerty/i.test(passphrase)],
    ['birthday', /(19|20)\d\d(0\d|1[0-2])([0-2]\d|3[01])/.test(passphrase)],
    ['staff_no', staffNo !== '' && passphrase.includes(staffNo)],
    ['name', name !== '' && passphrase.includes(name)],
  ];
  const problems = rules.filter(([, broken]) => broken).map(([code]) => code);
  return { problems, score: problems.length > 0 ? Math.max(0, 2 - problems.length) : passphrase.length >= 12 ? 4 : 3 };
}
