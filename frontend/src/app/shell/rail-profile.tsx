import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { ProfileAction } from '../../platform/feature';
import { isMac } from '../../platform/machine';
import { useGo } from '../../platform/navigation';
import { colourOf, usePeople } from '../../platform/people';
import { shortcutText } from '../../platform/shortcut';
import { Avatar } from '../../ui/avatar';
import { Menu } from '../../ui/menu';
import type { MenuItem } from '../../ui/menu';
import { features } from '../features';
import classes from './rail.module.css';

const actions = features.flatMap(({ profile = [] }) => profile).sort((a, b) => a.order - b.order);

/** Own avatar: what concerns oneself (profile, security, rights), and locking. */
export function RailProfile({ userId, name }: { userId: string; name: string }) {
  const { t } = useTranslation();
  const groups = useGroups();
  return (
    <Menu groups={groups} side="right-start" width={208}>
      <button type="button" className={classes.me} aria-label={t('me', { name })}>
        <Avatar name={name} userId={userId} colour={colourOf(usePeople(), userId)} size={36} />
      </button>
    </Menu>
  );
}

/** A new ten of the order begins a new group. */
const GROUP = 10;

function useGroups(): MenuItem[][] {
  const { t } = useTranslation();
  const go = useGo();
  const client = useQueryClient();
  // Labels of features come as data.
  const label = t as unknown as (key: string) => string;
  const mac = isMac();
  const groups = new Map<number, MenuItem[]>();
  for (const action of actions) {
    const group = Math.floor(action.order / GROUP);
    groups.set(group, [...(groups.get(group) ?? []), item(action)]);
  }
  return [...groups.values()];

  function item({ id, labelKey, icon: Icon, keys, run }: ProfileAction): MenuItem {
    return {
      key: id,
      label: label(labelKey),
      icon: <Icon size={16} stroke={1.7} />,
      ...(keys ? { shortcut: shortcutText(keys, mac) } : {}),
      onClick: () => run({ go, client }),
    };
  }
}
