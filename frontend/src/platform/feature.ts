// What a feature hands to the shell, as one object named `feature` in its routes.tsx.

import type { QueryClient } from '@tanstack/react-query';
import type { FlatNamespace, TFunction } from 'i18next';
import type { ComponentType, FunctionComponent } from 'react';
import type { StaleAfter } from './events';
import type { Role } from './api';
import type { Go, SetParams } from './navigation';
import type { SettingsSection } from './settings-sections';

/** The size in px and the stroke are the shell's. Icons of src/ui/icons fit. */
export type IconType = ComponentType<{ size?: number | string; stroke?: number | string; 'aria-hidden'?: boolean }>;

/** Red marks on the rail: a number for what asks for me, a dot for news I may want (ui.md §9). */
export interface Badge {
  count: number;
  dot: boolean;
}

export interface PaletteItem {
  id: string;
  /** Heading under which the item stands, translated. */
  group: string;
  label: string;
  hint?: string;
  icon: IconType;
  run: () => void;
}

export interface PaletteContext {
  /** Keys with their namespace: "chat:palette.chats". */
  t: TFunction<FlatNamespace[]>;
  go: Go;
  /** Opens something above the screen that is shown; see places.ts. */
  setParams: SetParams;
  client: QueryClient;
}

/** An entry of the menu at one's own avatar. */
export interface ProfileAction {
  id: string;
  /** With namespace: "account:lock.now". */
  labelKey: string;
  icon: IconType;
  /** Beside the label; the shortcut itself is one of the feature. */
  keys?: string;
  /** Actions are sorted by it; a new ten begins a new group. */
  order: number;
  run: (context: { go: Go; client: QueryClient }) => void;
}

export interface Shortcut {
  /** For example "mod+n"; see shortcut.ts. Never one that input methods own (ui.md §7). */
  keys: string;
  /** With namespace: "chat:shortcut.new". Shown in the list of shortcuts. */
  labelKey: string;
  run: (context: { go: Go; client: QueryClient }) => void;
}

export interface Feature {
  /** Name of the folder, namespace of its messages. */
  id: string;
  /** The screen, or none for a feature that only shows elsewhere. */
  screen?: {
    /** For example "/chat"; what is open inside goes into parameters (navigation.ts). */
    path: string;
    component: FunctionComponent;
    /** With namespace: "chat:title". Rail label and window title. */
    labelKey: string;
    icon: IconType;
    activeIcon: IconType;
    /** "modules" are numbered Ctrl 1…9 in their order; "foot" is below, beside the theme. */
    place: 'modules' | 'foot';
    /** Features leave gaps of ten so that others fit between. */
    order: number;
    /** Who finds it on the rail; everybody without it. What it shows is decided by the backend. */
    roles?: readonly Role[];
    useBadge?: () => Badge;
  };
  /** Which of its queries each topic of the backend makes stale. */
  staleAfter?: StaleAfter;
  /** Items for the command palette; `query` is trimmed and may be "". Rejecting shows none. */
  palette?: (query: string, context: PaletteContext) => Promise<PaletteItem[]>;
  shortcuts?: readonly Shortcut[];
  settings?: readonly SettingsSection[];
  profile?: readonly ProfileAction[];
  /** At the right end of the top bar. */
  TopBarItem?: ComponentType;
  /** A line of state above the screen, whatever screen is open; renders nothing while there is nothing to say. */
  Notice?: ComponentType;
  /** Mounted once, whatever screen is open: notifications, live regions, dialogs that can be opened from anywhere. */
  Background?: ComponentType;
}
