import { useTranslation } from 'react-i18next';
import { IconBell, IconBellOff, IconCheck, IconMessage, IconPin, IconPinnedOff } from '../../../ui/icons';
import { ContextMenu } from '../../../ui/menu';
import type { MenuItem } from '../../../ui/menu';
import type { Chat } from '../model';
import { useMarkChat } from '../queries';

export interface MenuAt {
  chat: Chat;
  x: number;
  y: number;
}

/** What the pane header's "more" menu offers as well, where the pointer is. */
export function ChatMenu({ at, onClose }: { at: MenuAt | null; onClose: () => void }) {
  const { t } = useTranslation('chat');
  const items = useChatActions(at?.chat ?? null);
  return <ContextMenu at={at} label={t('menu.label')} groups={[items]} onClose={onClose} />;
}

/** Pinning, muting and marking a chat. */
export function useChatActions(chat: Chat | null): MenuItem[] {
  const { t } = useTranslation('chat');
  const { mutate } = useMarkChat();
  if (!chat) return [];
  const { id: chatId, pinned, muted, unread, last } = chat;
  const icon = { size: 16, stroke: 1.7 };
  return [
    {
      key: 'pin',
      label: t(pinned ? 'menu.unpin' : 'menu.pin'),
      icon: pinned ? <IconPinnedOff {...icon} /> : <IconPin {...icon} />,
      onClick: () => mutate({ chatId, mark: { pinned: !pinned } }),
    },
    {
      key: 'mute',
      label: t(muted ? 'menu.unmute' : 'menu.mute'),
      icon: muted ? <IconBell {...icon} /> : <IconBellOff {...icon} />,
      onClick: () => mutate({ chatId, mark: { muted: !muted } }),
    },
    unread > 0
      ? {
          key: 'read',
          label: t('menu.markRead'),
          icon: <IconCheck {...icon} />,
          onClick: () => {
            if (last) mutate({ chatId, mark: { read: last.id } });
          },
        }
      : { key: 'unread', label: t('menu.markUnread'), icon: <IconMessage {...icon} />, onClick: () => mutate({ chatId, mark: { unread: true } }) },
  ];
}
