import type { Feature } from '../../platform/feature';
import { IconLock, IconShieldLock, IconUser } from '../../ui/icons';
import { AccountNotice } from './components/account-notice';
import { DevicesSection } from './components/devices-section';
import { IdleLock } from './components/idle-lock';
import { SecuritySection } from './components/security-section';
import { lockNow, staleAfter } from './queries';

export { AccountGate } from './components/account-gate';

const LOCK_KEYS = 'mod+l';

/** R1, R2, R9–R12, R15–R18. Links: `/settings?section=security` and `section=devices`, with `do` for a dialog. */
export const feature: Feature = {
  id: 'account',
  staleAfter,
  settings: [
    { id: 'security', labelKey: 'account:security.title', order: 40, component: SecuritySection },
    { id: 'devices', labelKey: 'account:devices.title', order: 50, component: DevicesSection },
  ],
  profile: [
    { id: 'me', labelKey: 'account:menu.me', icon: IconUser, order: 10, run: ({ go }) => go('/settings', { section: 'account' }) },
    { id: 'security', labelKey: 'account:menu.security', icon: IconShieldLock, order: 11, run: ({ go }) => go('/settings', { section: 'security' }) },
    { id: 'lock', labelKey: 'account:lock.now', icon: IconLock, keys: LOCK_KEYS, order: 20, run: ({ client }) => void lockNow(client) },
  ],
  shortcuts: [{ keys: LOCK_KEYS, labelKey: 'account:lock.now', run: ({ client }) => void lockNow(client) }],
  Notice: AccountNotice,
  Background: IdleLock,
  palette: (query, { t, client }) => {
    const label = t('account:lock.now');
    const items = label.toLowerCase().includes(query.toLowerCase())
      ? [{ id: 'lock', group: t('account:menu.group'), label, icon: IconLock, run: () => void lockNow(client) }]
      : [];
    return Promise.resolve(items);
  },
};
