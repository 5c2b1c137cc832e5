import { useParam, useSetParams } from '../../../platform/navigation';
import { LEAVE } from '../../../platform/places';
import { LeaveDialog } from './leave-dialog';

/** Opens the dialog wherever the address asks for it. */
export function LeaveHost() {
  const opened = useParam(LEAVE) !== '';
  const setParams = useSetParams();
  return opened && <LeaveDialog onClose={() => setParams({ [LEAVE]: '' }, { replace: true })} />;
}
