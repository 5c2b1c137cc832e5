import { ago } from './clock';

/** How synchronisation stands. */
export type Net = 'synced' | 'syncing' | 'waiting' | 'offline' | 'error' | 'alone';

const ADDRESS = '/ip4/192.168.1.24/tcp/4001/p2p/12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X';

function peer(deviceId: string, userId: string, userName: string, deviceName: string, change: object) {
  const base = { path: '', address: '', state: 'offline', since: '', syncedAt: '', lastSeen: '', bytesIn: 0, bytesOut: 0, behind: 0, reason: '' };
  return { deviceId, userId, userName, deviceName, ...base, ...change };
}

export function demoConnections(net: Net) {
  const up = net === 'synced' || net === 'syncing';
  const online = (change: object) => (up ? { state: 'synced', syncedAt: ago(18), since: ago(200), address: ADDRESS, ...change } : { lastSeen: ago(30) });
  const peers = [
    peer('d1', 'u3', '张若曦', 'Windows 台式机', online({ path: 'lan', bytesIn: 12_400_000, bytesOut: 3_100_000 })),
    peer('d2', 'u1', '林晓雯', 'MacBook Air', online({ path: 'lan', bytesIn: 8_020_000, bytesOut: 1_900_000 })),
    peer('d3', 'u7', '徐浩然', 'Ubuntu 工作站', online({ path: 'direct', bytesIn: 640_000, bytesOut: 212_000 })),
    peer('d4', 'u2', '陈思远', 'Windows 笔记本', online({ path: 'relayed', bytesIn: 96_000, bytesOut: 4_800, ...(net === 'syncing' ? { state: 'syncing', behind: 12 } : {}) })),
    peer('d5', 'u4', '赵一鸣', 'Linux 工作站', { lastSeen: ago(60 * 13), reason: 'no_route' }),
    peer('d6', 'u9', '梁艺桐', 'iMac', {}),
  ];
  return {
    self: { deviceName: 'ThinkPad X1', peerId: '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X', addresses: [ADDRESS, ADDRESS.replace('tcp/4001', 'udp/4001/quic-v1')], code: ADDRESS },
    state: net === 'alone' ? 'waiting' : net,
    online: up ? 4 : 0,
    upload: net === 'offline' || net === 'waiting' ? 3 : net === 'syncing' ? 116 : 0,
    download: net === 'syncing' ? 12 : 0,
    syncedAt: net === 'alone' ? '' : ago(18),
    peers: net === 'alone' ? [] : peers,
  };
}

function relay(key: string, name: string, state: string, change: object) {
  const base = { addresses: ['/ip4/192.168.1.9/tcp/4711'], path: '', reason: '', since: ago(500), waiting: 0, behind: 0, storedAt: '', syncedAt: '', devices: 0, refused: '' };
  return { key, name, state, ...base, ...change };
}

/** The team's relays: one that works, one that is off. */
export function demoRelays() {
  return [
    relay('a1', '机房的旧电脑', 'synced', { path: 'lan', devices: 14, storedAt: ago(2), syncedAt: ago(1) }),
    relay('b2', '上海办公室', 'offline', { reason: 'timeout', addresses: ['/ip4/203.0.113.20/tcp/4711'] }),
  ];
}

/** One that was just added. */
export function newRelay(name: string) {
  return relay('c3', name, 'connecting', { addresses: ['/ip4/192.168.1.30/tcp/4711'] });
}
