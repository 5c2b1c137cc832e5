import { expect, test } from 'vitest';
import { reasonOf, sortPeers } from './model';
import type { Peer } from './model';

function peer(deviceId: string, change: Partial<Peer>): Peer {
  const base = { userId: '', userName: '', deviceName: '', path: '', address: '', since: '', syncedAt: '', lastSeen: '', bytesIn: 0, bytesOut: 0, behind: 0, reason: '' } as const;
  return { deviceId, state: 'offline', ...base, ...change };
}

test('connected devices stand first, by name; the others as they were seen last', () => {
  const peers = [
    peer('never', {}),
    peer('yesterday', { lastSeen: '2026-11-20T08:00:00Z' }),
    peer('zhang', { state: 'synced', userName: '张若曦', lastSeen: '2026-11-21T01:00:00Z' }),
    peer('today', { lastSeen: '2026-11-21T02:00:00Z' }),
    peer('chen', { state: 'syncing', userName: '陈思远', lastSeen: '2026-11-21T09:00:00Z' }),
  ];
  expect(sortPeers(peers).map(({ deviceId }) => deviceId)).toEqual(['chen', 'zhang', 'today', 'yesterday', 'never']);
  expect(peers[0]?.deviceId).toBe('never');
});

test('a reason of a newer program is a failure like any other', () => {
  expect(reasonOf('not_punched')).toBe('not_punched');
  expect(reasonOf('eclipse')).toBe('failed');
});
