import { useTranslation } from 'react-i18next';
import { useGo } from '../../platform/navigation';
import { colourOf, usePeople } from '../../platform/people';
import { Avatar } from '../../ui/avatar';
import { Tooltip } from '../../ui/tooltip';
import classes from './rail.module.css';

/** Own avatar: the way to profile and device. */
export function RailProfile({ userId, name }: { userId: string; name: string }) {
  const { t } = useTranslation();
  const go = useGo();
  const label = t('me', { name });
  return (
    <Tooltip label={label} side="right">
      <button type="button" className={classes.me} aria-label={label} onClick={() => go('/settings', { section: 'account' })}>
        <Avatar name={name} colour={colourOf(usePeople(), userId)} size={36} />
      </button>
    </Tooltip>
  );
}
