import type { FakeBackend, Handlers } from '../fake-backend';
import { ago } from './clock';

const LINK = `tongzhou://link/${'1QrsTuvWxyZabCdeFghIjkLmnOpq0123456789_-'.repeat(6)}`;

function device(id: string, name: string, change: object) {
  return { id, name, current: false, addedAt: ago(60 * 24 * 40), addedBy: 'ThinkPad X1', lastSeen: ago(12), online: true, state: 'active', canRevoke: true, needsWords: false, ...change };
}

const IDLE = { step: 'idle', code: '', deviceName: '', fault: '', params: {} };

/** How long each step of linking takes on its own, in ms. */
const STEP_MS = 400;

/** Devices, and one that links: it connects by itself once there is a link. */
export function demoDevices(backend: FakeBackend): Handlers {
  let link: object = IDLE;
  let list = [
    device('d4mq2k7xw3ys5bnh6tcz', 'ThinkPad X1', { current: true, addedBy: '', addedAt: ago(60 * 24 * 192) }),
    device('d7ha1p9we2rt6yui3opz', 'MacBook Air', { addedAt: ago(60 * 24 * 31), needsWords: true }),
    device('d2bv8n5mc4xz7lkj1hgf', '会议室 Mac mini', { online: false, lastSeen: ago(60 * 26) }),
    device('d9qw3e7rt5yu1iop8asd', '旧台式机', { online: false, state: 'revoked', canRevoke: false, addedAt: ago(60 * 24 * 190) }),
  ];
  const step = (next: object) => {
    link = { ...link, ...next };
    backend.emit('link');
  };
  return {
    Devices: () => list,
    RevokeDevice: ({ deviceId }: { deviceId: string }) => {
      list = list.map((one) => (one.id === deviceId ? { ...one, state: 'revoked', online: false, canRevoke: false } : one));
    },
    StartLink: () => {
      step({ ...IDLE, step: 'waiting' });
      return { link: LINK, expiresAt: ago(-10) };
    },
    LinkState: () => link,
    ConfirmLink: (match: boolean) => {
      if (!match) {
        step({ step: 'failed', fault: 'link.differs' });
        return;
      }
      step({ step: 'adding' });
      window.setTimeout(() => step({ step: 'done' }), STEP_MS);
    },
    CancelLink: () => step(IDLE),
    // Not a method of the backend: the screens check lets the other device come.
    DemoConnect: () => step({ step: 'compare', code: '482913', deviceName: 'Surface Laptop' }),
  };
}
