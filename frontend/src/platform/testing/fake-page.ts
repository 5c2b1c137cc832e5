// A whole backend in the page's memory, to look at screens without a program: `npm run dev`, then
// ?fake=SCENE (demo/app.ts names them) &net=synced|syncing|waiting|offline|error|alone
// &theme=light|dark &language=zh-CN|en

import { demoAnnouncements } from './demo/announcement';
import { demoApp } from './demo/app';
import type { DemoOptions } from './demo/app';
import { demoAudit } from './demo/audit';
import { demoChat } from './demo/chat';
import { demoOrg } from './demo/org';
import { demoRules } from './demo/rules';
import { FakeBackend } from './fake-backend';

const KEY = 'tongzhou.fake';

/** Installs it if the address asks for it, or has in this tab. */
export function installFake(): void {
  const { search: query, pathname, hash } = window.location;
  if (query.includes('fake=')) {
    window.sessionStorage.setItem(KEY, query);
    // The router takes a query before the hash for one of its own.
    window.history.replaceState(null, '', pathname + hash);
  }
  const kept = window.sessionStorage.getItem(KEY);
  if (kept === null) return;
  const search = new URLSearchParams(kept);
  const asked = (name: string, otherwise: string) => search.get(name) ?? otherwise;
  const options = {
    scene: asked('fake', '') || 'ready',
    net: asked('net', 'synced'),
    settings: { theme: asked('theme', 'system'), language: asked('language', 'zh-CN'), sendKey: 'enter' },
  } as DemoOptions;
  const backend = new FakeBackend();
  backend
    .handle('app', demoApp(backend, options))
    .handle('org', demoOrg(backend))
    .handle('chat', demoChat(backend))
    .handle('announcement', demoAnnouncements(backend))
    .handle('rules', demoRules(backend))
    .handle('audit', demoAudit())
    .handle('desktop', { ChooseFolder: () => '/media/zhou/KINGSTON' })
    .install();
}
