// Pure helpers of the team's relays. Every state is the relay's own word, or what this device sees of the connection.

import type { Tone } from './model';

export interface Relay {
  key: string;
  /** What people call it, "" if nobody named it. */
  name: string;
  addresses: string[];
  state: 'offline' | 'connecting' | 'not_allowed' | 'not_listed' | 'syncing' | 'synced' | 'full' | 'content_full';
  path: '' | 'lan' | 'direct';
  /** Why it is not reached; a code. */
  reason: string;
  /** Times are RFC 3339 or "". */
  since: string;
  /** Own changes that it has not stored. */
  waiting: number;
  /** Changes that it has and this device lacks. */
  behind: number;
  storedAt: string;
  syncedAt: string;
  /** Devices of the team that it serves; 0: not told yet. */
  devices: number;
  refused: '' | 'quota' | 'token' | 'fork' | 'other';
}

export interface Relays {
  relays: Relay[];
  /** Owners and admins may. */
  mayChange: boolean;
  max: number;
}

/** What a relay's link says before anything is done with it. */
export interface RelayLink {
  key: string;
  addresses: string[];
  known: boolean;
  allows: boolean;
}

const TONE: Record<Relay['state'], Tone> = {
  offline: 'off',
  connecting: 'busy',
  not_allowed: 'bad',
  not_listed: 'waiting',
  syncing: 'busy',
  synced: 'good',
  full: 'bad',
  content_full: 'bad',
};

export function relayTone(state: Relay['state']): Tone {
  return TONE[state];
}

/** Host and port of an address: what people recognise of it. */
export function shortAddress(address: string): string {
  const [, , host = '', , port = ''] = address.split('/');
  return port === '' ? address : `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
