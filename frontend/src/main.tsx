// First: the order of the styles is the order of the imports.
import './ui/styles';
import { createRoot } from 'react-dom/client';
import { App } from './app/app';
import { features } from './app/features';
import { makeRouter } from './app/router';
import { appStaleAfter } from './platform/app-state';
import { installBridge } from './platform/bridge';
import { refuseStrayDrops } from './platform/drops';
import { followEvents } from './platform/events';
import { languageOf, startTranslator } from './platform/i18n';
import { installImeGuard } from './platform/ime';
import { newQueryClient } from './platform/query-client';

async function start(root: HTMLElement): Promise<void> {
  // Looking at screens without a backend: `npm run dev` and ?fake=ready. Not part of a build.
  if (import.meta.env.DEV) {
    const { installFake } = await import('./platform/testing/fake-page');
    installFake();
  }
  installBridge();
  installImeGuard();
  refuseStrayDrops(window);
  startTranslator(languageOf('system', navigator.languages));
  const client = newQueryClient();
  followEvents(client, [appStaleAfter, ...features.flatMap(({ staleAfter }) => (staleAfter ? [staleAfter] : []))]);
  createRoot(root).render(<App client={client} router={makeRouter(features)} />);
}

const root = document.getElementById('root');
if (root) void start(root);
