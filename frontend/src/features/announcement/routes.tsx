import { useQuery } from '@tanstack/react-query';
import type { Badge, Feature } from '../../platform/feature';
import { IconSpeakerphone } from '../../ui/icons';
import { AnnouncementScreen } from './components/announcement-screen';
import { isNews, waitsForMe } from './model';
import { announcementsQuery, staleAfter } from './queries';

function useBadge(): Badge {
  const list = useQuery(announcementsQuery).data ?? [];
  return { count: list.filter(waitsForMe).length, dot: list.some(isNews) };
}

/** R85, R88. Links: `/announcement?id=ID`, `new=1` to publish. */
export const feature: Feature = {
  id: 'announcement',
  screen: {
    path: '/announcement',
    component: AnnouncementScreen,
    labelKey: 'announcement:title',
    icon: IconSpeakerphone,
    activeIcon: IconSpeakerphone,
    place: 'modules',
    order: 60,
    useBadge,
  },
  staleAfter,
};
