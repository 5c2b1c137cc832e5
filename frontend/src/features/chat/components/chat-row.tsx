import { clsx } from 'clsx';
import type { TFunction } from 'i18next';
import { memo } from 'react';
import type { TimeText } from '../../../lib/time-text';
import { Avatar, GroupAvatar } from '../../../ui/avatar';
import { Badge, badgeNumber } from '../../../ui/badge';
import { IconBellOff, IconPinFilled } from '../../../ui/icons';
import { oneLine } from '../model';
import type { Chat } from '../model';
import classes from './chat-row.module.css';

interface ChatRowProps {
  chat: Chat;
  selected: boolean;
  /** Of the other person; null in groups. */
  online: boolean | null;
  time: TimeText;
  now: number;
  t: TFunction<'chat'>;
  onPick: (chatId: string) => void;
  onMenu: (chat: Chat, at: { x: number; y: number }) => void;
}

export const chatRowId = (chat: Chat): string => `chat-${chat.id}`;

/** One chat of the list, 64 px. Plain DOM: the list is virtual (ui.md §5). */
export const ChatRow = memo(function ChatRow({ chat, selected, online, time, now, t, onPick, onMenu }: ChatRowProps) {
  const fresh = chat.unread > 0;
  return (
    <div
      role="option"
      id={chatRowId(chat)}
      aria-selected={selected}
      className={clsx(classes.row, selected && classes.selected, fresh && !chat.muted && classes.fresh)}
      // A click opens the chat and leaves the focus for its composer.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onPick(chat.id)}
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu(chat, { x: event.clientX, y: event.clientY });
      }}
    >
      <span className={classes.avatar} aria-hidden>
        {chat.kind === 'direct' ? (
          <Avatar name={chat.name} userId={chat.peerUserId} colour={chat.avatar} size={40} online={online} />
        ) : (
          <GroupAvatar name={chat.name} colour={chat.avatar} size={40} />
        )}
        {fresh && <Badge count={chat.muted ? 0 : chat.unread} dot={chat.muted} className={chat.muted ? classes.dot : classes.badge} />}
      </span>
      <span className={classes.main}>
        <span className={classes.top}>
          <b className={classes.name}>{chat.name}</b>
          {chat.pinned && <IconPinFilled size={12} className={classes.pin} role="img" aria-label={t('list.pinned')} />}
          {fresh && <span className="sr-only">{t('list.unreadCount', { n: badgeNumber(chat.unread) })}</span>}
          {chat.last && <time className={classes.time}>{time.brief(chat.last.at, now)}</time>}
        </span>
        <span className={classes.bottom}>
          <span className={classes.preview}>
            <Preview chat={chat} t={t} />
          </span>
          {chat.muted && <IconBellOff size={13} stroke={1.8} className={classes.muted} role="img" aria-label={t('list.muted')} />}
        </span>
      </span>
    </div>
  );
});

/** [有人@我], then [草稿], then the last message (ui.md §4). */
function Preview({ chat, t }: { chat: Chat; t: TFunction<'chat'> }) {
  const draft = oneLine(chat.draft);
  return (
    <>
      {chat.mentioned && <em className={classes.red}>{t('list.mention')}</em>}
      {draft ? (
        <>
          <em className={classes.red}>{t('list.draft')}</em>
          {draft}
        </>
      ) : (
        lastText(chat, t)
      )}
    </>
  );
}

function lastText({ kind, last }: Chat, t: TFunction<'chat'>): string {
  if (!last) return t('list.noMessage');
  const text = oneLine(last.text);
  return kind === 'group' && !last.own ? t('list.sender', { name: last.senderName, text }) : text;
}
