// What every screen may ask about the app itself (package app of the backend).

import { call } from './bindings';
import { Fault } from './fault';

export type Language = 'zh-CN' | 'en';
export type ThemeName = 'light' | 'dark';
export type SendKey = 'enter' | 'ctrl_enter';
export type Role = 'owner' | 'admin' | 'head' | 'dept_admin' | 'member' | 'guest' | 'none';

export interface Settings {
  language: Language | 'system';
  theme: ThemeName | 'system';
  sendKey: SendKey;
}

/** The account on this device and what is to be done about it (R12, R18). In phase "none" all of it is empty. */
export interface Account {
  staffNo: string;
  name: string;
  /** The 24 recovery words were written down. */
  wordsConfirmed: boolean;
  passphraseState: 'ok' | 'soon' | 'overdue';
  /** Days until the passphrase has to be changed. */
  passphraseDays: number;
  /** The system has a keychain. */
  keychain: boolean;
  /** The keychain opens this device without the passphrase. */
  remembered: boolean;
  /** Locks by itself after so many minutes without input; 0: never. */
  idleMinutes: number;
  /** When the account was frozen or removed, or this device signed out, RFC 3339; and by whom. */
  since: string;
  by: string;
}

export interface AppState {
  /**
   * "none": no team yet; "ready"; "damaged": the data cannot be opened; "locked": the passphrase is needed. The others are
   * ends: nothing of the team can be done here any more.
   */
  phase: 'none' | 'locked' | 'ready' | 'damaged' | 'frozen' | 'removed' | 'signed_out';
  teamId: string;
  teamName: string;
  me: { userId: string; deviceId: string; name: string };
  role: Role;
  version: string;
  /** GOOS of the machine: "darwin", "windows", "linux". */
  os: string;
  settings: Settings;
  account: Account;
  /** "" or where the damaged database was kept; in phase "damaged", what is wrong. */
  damage: string;
}

export const appApi = {
  state: () => call<AppState>('app', 'State'),
  saveSettings: (settings: Settings) => call<Settings>('app', 'SaveSettings', settings),
};

/** What is wrong with a passphrase that someone wants to use (R10, R11). */
export type PassphraseProblem = 'short' | 'no_letter' | 'no_digit' | 'no_special' | 'simple' | 'birthday' | 'staff_no' | 'name';

export interface PassphraseCheck {
  problems: PassphraseProblem[];
  /** 0: useless … 4: strong. */
  score: number;
}

export interface PassphraseInput {
  passphrase: string;
  staffNo: string;
  name: string;
}

export const passphraseApi = {
  check: (input: PassphraseInput) => call<PassphraseCheck>('app', 'CheckPassphrase', input),
};

/** A person of the team, as every screen may show them. */
export interface Person {
  userId: string;
  name: string;
  pinyin: string;
  staffNo: string;
  /** Names from the top department down to the person's own. */
  departmentPath: string[];
  position: string;
  phone: string;
  email: string;
  online: boolean;
  self: boolean;
  /** Colour of the avatar, 1…8. */
  avatar: number;
  /** Names their photograph, "" for none: another one has another name. */
  picture: string;
  /** It is on this device. */
  pictureHere: boolean;
}

export const peopleApi = {
  /** A photograph as a data URL. */
  picture: async (userId: string): Promise<string> => (await call<{ data: string }>('org', 'Picture', userId)).data,
  all: async (): Promise<Person[]> =>
    (await call<{ members: Person[] }>('org', 'Members', { text: '', departmentId: '', standing: 'active', kind: '', role: '', limit: 0, offset: 0 })).members,
};

/** The largest picture that the backend looks at, in bytes. */
const MAX_PICTURE = 10 * 1024 * 1024;

export const codeApi = {
  /** The text of the QR code in a picture. */
  read: async (picture: File): Promise<string> => {
    if (picture.size > MAX_PICTURE) throw new Fault('qr.too_large');
    return call<string>('app', 'ReadCode', await base64Of(picture));
  },
};

function base64Of(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve((reader.result as string).split(',')[1] ?? '');
    reader.onerror = () => reject(new Fault('qr.unreadable'));
    reader.readAsDataURL(file);
  });
}
