// What a feature hands to the shell, as one object named `feature` in its routes.tsx.

import type { QueryClient } from '@tanstack/react-query';
import type { FlatNamespace, TFunction } from 'i18next';
import type { ComponentType, FunctionComponent } from 'react';
import type { StaleAfter } from './events';
import type { Go, SetParams } from './navigation';

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

export interface Shortcut {
  /** For example "mod+n"; see shortcut.ts. Never one that input methods own (ui.md §7). */
  keys: string;
  /** With namespace: "chat:shortcut.new". Shown in the list of shortcuts. */
  labelKey: string;
  run: (context: { go: Go }) => void;
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
    useBadge?: () => Badge;
  };
  /** Which of its queries each topic of the backend makes stale. */
  staleAfter?: StaleAfter;
  /** Items for the command palette; `query` is trimmed and may be "". Rejecting shows none. */
  palette?: (query: string, context: PaletteContext) => Promise<PaletteItem[]>;
  shortcuts?: readonly Shortcut[];
  /** At the right end of the top bar. */
  TopBarItem?: ComponentType;
  /** A line of state above the screen, whatever screen is open; renders nothing while there is nothing to say. */
  Notice?: ComponentType;
  /** Mounted once, whatever screen is open: notifications, live regions, dialogs that can be opened from anywhere. */
  Background?: ComponentType;
}
