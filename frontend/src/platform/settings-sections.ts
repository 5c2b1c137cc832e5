// The settings screen shows what features bring; it gets the list from the shell, because features do not know each other.

import { createContext, useContext } from 'react';
import type { FunctionComponent } from 'react';

export interface SettingsSection {
  /** In the address: `/settings?section=ID`. */
  id: string;
  /** With namespace: "account:security.title". */
  labelKey: string;
  order: number;
  component: FunctionComponent;
}

export const SettingsSections = createContext<readonly SettingsSection[]>([]);

export function useSettingsSections(): readonly SettingsSection[] {
  return useContext(SettingsSections);
}
