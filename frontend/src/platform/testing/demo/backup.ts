import type { FakeBackend, Handlers } from '../fake-backend';
import { ago } from './clock';
import type { Scene } from './app';

const NONE = { at: '', added: 0, size: 0, ops: 0, read: false, tested: false, code: '' };

/** How long each phase takes, in ms. */
const PHASE_MS = 600;

/** A stick that was backed up to two days ago; in the scene "due", nothing was ever set up. */
export function demoBackup(backend: FakeBackend, scene: Scene): Handlers {
  const last = { at: ago(60 * 24 * 2), added: 3_214_000, size: 412_600_000, ops: 268_140, read: true, tested: true, code: '' };
  let state = {
    folder: '/media/zhou/KINGSTON',
    set: '/media/zhou/KINGSTON/tongzhou-backup-4f2a91c0',
    days: 7,
    due: false,
    dueAt: ago(-60 * 24 * 5),
    later: false,
    phase: '',
    done: 0,
    total: 0,
    last,
    failed: { at: '', code: '', params: {} },
  };
  if (scene === 'due') state = { ...state, folder: '', set: '', due: true, dueAt: '', last: NONE };
  if (scene === 'unplugged') {
    state = { ...state, due: true, last: { ...last, at: ago(60 * 24 * 9), tested: false, code: 'store.full' }, failed: { at: ago(20), code: 'backup.unplugged', params: { folder: '/media/zhou/KINGSTON' } } };
  }
  const change = (next: object) => {
    state = { ...state, ...next };
    backend.emit('backup');
    return state;
  };
  const run = () => {
    for (const [index, phase] of ['writing', 'reading', 'testing'].entries()) {
      window.setTimeout(() => state.phase !== '' && change({ phase, done: 61_200, total: 268_140 }), index * PHASE_MS);
    }
    window.setTimeout(() => state.phase !== '' && change({ phase: '', due: false, last: { ...last, at: ago(0) }, failed: { at: '', code: '', params: {} } }), 3 * PHASE_MS);
    return change({ phase: 'writing', done: 0, total: 0 });
  };
  return {
    Backup: () => state,
    BackUpNow: run,
    SetUpBackup: ({ folder }: { folder: string }) => {
      change({ folder, set: `${folder}/tongzhou-backup-4f2a91c0`, last: NONE });
      return run();
    },
    CancelBackup: () => {
      change({ phase: '' });
    },
    ForgetBackup: () => change({ folder: '', set: '', last: NONE }),
    RemindLater: () => change({ later: true }),
    InspectBackup: () => ({ deviceName: 'ThinkPad X1', at: ago(60 * 24 * 2), run: 12, ops: 268_140, missing: 0, rows: 0 }),
    RestoreProgress: () => ({ phase: 'ops', done: 61_200, total: 268_140 }),
    RestoreBackup: () => new Promise(() => undefined),
  };
}
