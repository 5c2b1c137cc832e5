// Pure helpers of connections. Every state here is proven by the backend: nothing is called synced before it is.

export interface Peer {
  deviceId: string;
  userId: string;
  userName: string;
  deviceName: string;
  /** How it is reached, "" while it is not. */
  path: '' | 'lan' | 'direct' | 'mapped' | 'punched' | 'relayed';
  address: string;
  state: 'offline' | 'found' | 'connected' | 'authenticated' | 'syncing' | 'synced';
  /** Times are RFC 3339 or "". */
  since: string;
  syncedAt: string;
  lastSeen: string;
  bytesIn: number;
  bytesOut: number;
  /** Ops that this device still lacks of what the peer has. */
  behind: number;
  /** Why it is not connected, or not better than through a relay: a code, see reasonOf. */
  reason: string;
}

export interface Connections {
  self: { deviceName: string; peerId: string; addresses: string[]; code: string };
  state: 'synced' | 'syncing' | 'waiting' | 'offline' | 'error';
  online: number;
  /** Own changes that no other device has confirmed. */
  upload: number;
  /** Changes known to exist that are not here yet. */
  download: number;
  syncedAt: string;
  peers: Peer[];
}

const REASONS = ['no_address', 'timeout', 'refused', 'no_route', 'identity', 'rejected', 'closed', 'full', 'failed', 'not_punched'] as const;

/** The reason as there is a text for it; one that this program does not know is a failure like any other. */
export function reasonOf(code: string): (typeof REASONS)[number] {
  return REASONS.find((known) => known === code) ?? 'failed';
}

/** The colour of a dot. Its text always stands beside it. */
export type Tone = 'good' | 'busy' | 'waiting' | 'off' | 'bad';

const CHIP_TONE: Record<Connections['state'], Tone> = {
  synced: 'good',
  syncing: 'busy',
  waiting: 'waiting',
  offline: 'off',
  error: 'bad',
};

export function chipTone(state: Connections['state']): Tone {
  return CHIP_TONE[state];
}

const PEER_TONE: Record<Peer['state'], Tone> = {
  offline: 'off',
  found: 'busy',
  connected: 'busy',
  authenticated: 'busy',
  syncing: 'busy',
  synced: 'good',
};

export function peerTone(state: Peer['state']): Tone {
  return PEER_TONE[state];
}

/** Connected devices first, then those seen last; a name decides where that is equal, so that rows do not jump. */
export function sortPeers(peers: readonly Peer[]): Peer[] {
  const rank = (peer: Peer) => (peer.state === 'offline' ? 1 : 0);
  return [...peers].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (rank(a) === 1 ? b.lastSeen.localeCompare(a.lastSeen) : 0) ||
      a.userName.localeCompare(b.userName, 'zh-CN') ||
      a.deviceId.localeCompare(b.deviceId),
  );
}
