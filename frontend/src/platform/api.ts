// What every screen may ask about the app itself (package app of the backend).

import { call } from './bindings';

export type Language = 'zh-CN' | 'en';
export type ThemeName = 'light' | 'dark';
export type SendKey = 'enter' | 'ctrl_enter';
export type Role = 'owner' | 'admin' | 'head' | 'dept_admin' | 'member' | 'guest' | 'none';

export interface Settings {
  language: Language | 'system';
  theme: ThemeName | 'system';
  sendKey: SendKey;
}

export interface AppState {
  /** "none": no team yet; "ready"; "damaged": the data cannot be opened. */
  phase: 'none' | 'ready' | 'damaged';
  teamId: string;
  teamName: string;
  me: { userId: string; deviceId: string; name: string };
  role: Role;
  version: string;
  /** GOOS of the machine: "darwin", "windows", "linux". */
  os: string;
  settings: Settings;
  /** "" or where the damaged database was kept; in phase "damaged", what is wrong. */
  damage: string;
}

export const appApi = {
  state: () => call<AppState>('app', 'State'),
  saveSettings: (settings: Settings) => call<Settings>('app', 'SaveSettings', settings),
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
}

export const peopleApi = {
  all: async (): Promise<Person[]> =>
    (await call<{ members: Person[] }>('org', 'Members', { text: '', departmentId: '', limit: 0, offset: 0 })).members,
};
