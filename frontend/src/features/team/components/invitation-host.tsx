import { useParam, useSetParams } from '../../../platform/navigation';
import { INVITE } from '../../../platform/places';
import { InvitationDialog } from './invitation-dialog';

/** Opens the dialog wherever the address asks for it. */
export function InvitationHost() {
  const opened = useParam(INVITE) !== '';
  const setParams = useSetParams();
  return <InvitationDialog opened={opened} onClose={() => setParams({ [INVITE]: '' }, { replace: true })} />;
}
