import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../../platform/app-state';
import { Frame } from '../../../ui/frame';
import { ResetForm } from './reset-form';
import { UnlockForm } from './unlock-form';

/** The team's data are closed on this device: staff number and passphrase open them (R1). */
export function UnlockScreen() {
  const { t } = useTranslation('account');
  const { account } = useAppState();
  const [page, setPage] = useState<'unlock' | 'forgot' | 'reset'>('unlock');
  return (
    <Frame width={page === 'forgot' ? 'wide' : 'narrow'}>
      {page === 'forgot' ? (
        <ResetForm account={account} onBack={() => setPage('unlock')} onDone={() => setPage('reset')} />
      ) : (
        <UnlockForm account={account} note={page === 'reset' ? t('reset.done') : ''} onForgot={() => setPage('forgot')} />
      )}
    </Frame>
  );
}
