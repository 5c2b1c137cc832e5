import { useState } from 'react';
import { useAppState } from '../../../platform/app-state';
import { Frame } from '../../../ui/frame';
import { ForgotForm } from './forgot-form';
import { UnlockForm } from './unlock-form';

/** The team's data are closed on this device: staff number and passphrase open them (R1), or the recovery words or another device (R15). */
export function UnlockScreen() {
  const { account } = useAppState();
  const [forgot, setForgot] = useState(false);
  return (
    <Frame width={forgot ? 'wide' : 'narrow'}>
      {forgot ? <ForgotForm account={account} onBack={() => setForgot(false)} /> : <UnlockForm account={account} onForgot={() => setForgot(true)} />}
    </Frame>
  );
}
