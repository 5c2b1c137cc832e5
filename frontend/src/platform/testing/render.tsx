import { QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import type { RenderResult } from '@testing-library/react';
import type { QueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Suspense } from 'react';
import { UiProvider } from '../../ui/provider';
import type { Account, AppState, Language } from '../api';
import { followEvents } from '../events';
import type { StaleAfter } from '../events';
import { startTranslator } from '../i18n';
import { parseParams, writeParams } from '../navigation';
import { newQueryClient } from '../query-client';

interface Options {
  /** Where the person is, for example "/chat?chat=c1". */
  at?: string;
  language?: Language;
  theme?: 'light' | 'dark';
  staleAfter?: StaleAfter;
}

interface Rendered extends RenderResult {
  client: QueryClient;
  /** The current place, path and parameters. */
  place: () => string;
}

/** Renders something inside everything the shell gives a screen. Install a FakeBackend first. */
export async function renderScreen(content: ReactNode, { at = '/', language = 'zh-CN', theme = 'light', staleAfter = {} }: Options = {}): Promise<Rendered> {
  startTranslator(language);
  const client = newQueryClient();
  followEvents(client, [staleAfter]);
  const root = createRootRoute();
  // Any path: what is rendered is given, not looked up.
  const any = createRoute({ getParentRoute: () => root, path: '$', component: () => <Suspense>{content}</Suspense> });
  const router = createRouter({
    routeTree: root.addChildren([any]),
    history: createMemoryHistory({ initialEntries: [at] }),
    parseSearch: parseParams,
    stringifySearch: writeParams,
  });
  await router.load();
  const result = render(
    <QueryClientProvider client={client}>
      <UiProvider theme={theme}>
        <RouterProvider router={router} />
      </UiProvider>
    </QueryClientProvider>,
  );
  return { ...result, client, place: () => router.state.location.href };
}

/** The state of a member's device; tests change what they are about. */
export function anAppState(change: Partial<AppState> = {}): AppState {
  return {
    phase: 'ready',
    teamId: 'team1',
    teamName: '星海科技',
    me: { userId: 'me', deviceId: 'd-me', name: '周明轩' },
    role: 'owner',
    version: '0.1.0',
    os: 'linux',
    settings: { language: 'zh-CN', theme: 'light', sendKey: 'enter' },
    account: anAccount(),
    damage: '',
    ...change,
  };
}

/** An account with nothing to be done about it. */
export function anAccount(change: Partial<Account> = {}): Account {
  return {
    staffNo: 'XH1007',
    name: '周明轩',
    wordsConfirmed: true,
    passphraseState: 'ok',
    passphraseDays: 62,
    keychain: true,
    remembered: false,
    idleMinutes: 10,
    since: '',
    by: '',
    ...change,
  };
}
