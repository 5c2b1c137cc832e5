import type { AppState, Settings } from '../../api';
import { Fault } from '../../fault';
import { rejection } from '../fake-backend';
import type { FakeBackend, Handlers } from '../fake-backend';
import { accountOf, demoAccount } from './account';
import { ago, NOW } from './clock';
import { demoBackup } from './backup';
import { demoConnections, demoRelays, newRelay } from './connections';
import type { Net } from './connections';
import { demoDevices } from './devices';
import { ME, person } from './people';

/** What the page shows: the app of a member, or a step on the way there. */
export type Scene =
  | AppState['phase']
  | 'searching'
  | 'stalled'
  | 'left'
  | 'paused'
  | 'compare'
  | 'history'
  | 'failed'
  | 'recovered'
  | 'soon'
  | 'overdue'
  | 'words'
  | 'due'
  | 'unplugged';

/** Scenes in which there is no team yet. */
const BEFORE: readonly Scene[] = ['none', 'searching', 'stalled', 'left', 'paused', 'compare', 'failed'];

const PHASES: readonly Scene[] = ['locked', 'damaged', 'frozen', 'removed', 'signed_out'];

export interface DemoOptions {
  scene: Scene;
  net: Net;
  settings: Settings;
}

const LINK = `tongzhou://join/${'1AbcDefGhiJklMnoPqrStuVwxYz0123456789_-'.repeat(9)}`;

const JOIN: Partial<Record<Scene, object>> = {
  searching: { step: 'searching', since: ago(0.1) },
  stalled: { step: 'searching', code: 'join.nobody_online', params: { inviter: '林晓雯' }, since: ago(0.8) },
  left: { step: 'searching', code: 'join.nobody_online', params: { inviter: '林晓雯' }, since: ago(0.8), relay: 'left' },
  paused: { step: 'paused', since: ago(0.1), relay: 'left' },
  compare: { step: 'compare', code: '482913', since: ago(0.1) },
  history: { step: 'history', done: 12_480, total: 20_116, since: ago(0.2) },
  failed: { step: 'failed', code: 'join.used', since: ago(0.1) },
};

const DAMAGE: Partial<Record<Scene, string>> = {
  damaged: 'database disk image is malformed',
  recovered: '/home/zhou/.local/share/tongzhou/damaged-20261121-104100.db',
};

const IDLE = { step: 'idle', done: 0, total: 0, code: '', params: {}, since: '', relay: '' };

export function demoApp(backend: FakeBackend, { scene, net, settings: first }: DemoOptions): Handlers {
  let settings = first;
  let phase = (BEFORE.includes(scene) ? 'none' : PHASES.includes(scene) ? scene : 'ready') as AppState['phase'];
  let account = accountOf(scene, phase);
  let join: object = { ...IDLE, ...JOIN[scene] };
  let relays = { relays: net === 'alone' ? [] : demoRelays(), mayChange: true, max: 4 };
  let invitations = [
    invitation('i1', 'open', '前端 何知然', 60 * 3),
    invitation('i2', 'used', '销售 梁艺桐', 60 * 24 * 3, '梁艺桐'),
    invitation('i3', 'expired', '', 60 * 24 * 9),
  ];

  const state = (): AppState => ({
    phase,
    teamId: phase === 'ready' ? 'team1' : '',
    teamName: phase === 'ready' ? '星海科技' : '',
    me: { userId: ME, deviceId: 'd4mq2k7xw3ys5bnh6tcz', name: person(ME).name },
    role: phase === 'ready' ? 'owner' : 'none',
    version: '0.1.0',
    os: 'linux',
    settings,
    account,
    damage: DAMAGE[scene] ?? '',
  });

  return {
    State: state,
    ...demoBackup(backend, scene),
    ...demoDevices(backend),
    ...demoAccount(backend, (next, change) => {
      if (next) phase = next;
      account = { ...account, ...change };
      return state();
    }),
    PreviewInvitation: (link: string) => {
      if (!link.startsWith('tongzhou://join/')) throw rejection(new Fault('join.damaged'));
      return { teamName: '星海科技', inviter: '林晓雯', expiresAt: ago(-60 * 24 * 6), addresses: 3 };
    },
    Join: () => {
      join = { ...IDLE, step: 'searching', since: new Date(NOW).toISOString() };
      backend.emit('join');
    },
    ResumeJoin: () => {
      join = { ...IDLE, step: 'searching', since: new Date(NOW).toISOString(), relay: 'left' };
      backend.emit('join');
    },
    LinkDevice: () => {
      join = { ...IDLE, step: 'searching', since: new Date(NOW).toISOString() };
      backend.emit('join');
    },
    Recover: () => {
      join = { ...IDLE, step: 'searching', since: new Date(NOW).toISOString() };
      backend.emit('join');
    },
    JoinProgress: () => join,
    CancelJoin: () => {
      join = IDLE;
      backend.emit('join');
    },
    CreateInvitation: ({ note }: { note: string }) => {
      const made = invitation(`i${invitations.length + 1}`, 'open', note, 0);
      invitations = [made, ...invitations];
      return made;
    },
    Invitations: () => invitations,
    Connections: () => demoConnections(net),
    Relays: () => relays,
    PreviewRelay: (link: string) => {
      if (!link.includes('tongzhou:relay?')) throw rejection(new Fault('relay.other'));
      return { key: 'c3', addresses: ['/ip4/192.168.1.30/tcp/4711'], known: false, allows: true };
    },
    AddRelay: (_link: string, name: string) => {
      relays = { ...relays, relays: [...relays.relays, newRelay(name)] };
      return relays;
    },
    RemoveRelay: (key: string) => {
      relays = { ...relays, relays: relays.relays.filter((each) => each.key !== key) };
      return relays;
    },
    AddAddress: (address: string) => {
      if (!address.startsWith('/')) throw rejection(new Fault('network.bad_address'));
    },
    SyncNow: () => undefined,
    Settings: () => settings,
    SaveSettings: (next: Settings) => {
      settings = next;
      backend.emit('settings');
      return settings;
    },
    Doctor: () => [
      { name: 'keychain', state: 'warn', code: 'keychain.missing', params: {} },
      { name: 'mdns', state: 'ok', code: 'mdns.ok', params: {} },
      { name: 'ports', state: 'ok', code: 'ports.ok', params: {} },
      { name: 'webview', state: 'ok', code: 'webview.ok', params: { engine: 'WebKitGTK 2.50.6' } },
      { name: 'disk', state: 'ok', code: 'disk.ok', params: { free: '182 GB' } },
      { name: 'clock', state: 'ok', code: 'clock.ok', params: {} },
    ],
  };
}

function invitation(id: string, state: 'open' | 'used' | 'expired', note: string, minutes: number, usedBy = '') {
  const week = 60 * 24 * 7;
  return { id, link: state === 'open' ? LINK : '', createdAt: ago(minutes), expiresAt: ago(minutes - week), state, usedBy, note };
}
