import { useQuery } from '@tanstack/react-query';
import type { Badge, Feature } from '../../platform/feature';
import { IconMessageCircle, IconMessageCircleFilled } from '../../ui/icons';
import { ChatScreen } from './components/chat-screen';
import { hasMutedUnread, unreadTotal } from './model';
import { chatPalette } from './palette';
import { chatsQuery, staleAfter } from './queries';

function useBadge(): Badge {
  const chats = useQuery(chatsQuery).data ?? [];
  return { count: unreadTotal(chats), dot: hasMutedUnread(chats) };
}

/**
 * R32 (text and emoji), R37, R57. Links: `/chat?chat=ID`, with `message=ID` to go to a
 * message, `person=ID` for the chat with someone, `new=1` for the dialog,
 * `panel=search&q=TEXT` for the search.
 */
export const feature: Feature = {
  id: 'chat',
  screen: {
    path: '/chat',
    component: ChatScreen,
    labelKey: 'chat:title',
    icon: IconMessageCircle,
    activeIcon: IconMessageCircleFilled,
    place: 'modules',
    order: 10,
    useBadge,
  },
  staleAfter,
  palette: chatPalette,
  shortcuts: [{ keys: 'mod+n', labelKey: 'chat:shortcut.new', run: ({ go }) => go('/chat', { new: '1' }) }],
};
