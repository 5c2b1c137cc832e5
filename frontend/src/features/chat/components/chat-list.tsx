import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import type { People } from '../../../platform/people';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorState } from '../../../ui/error-state';
import { IconButton } from '../../../ui/icon-button';
import { IconMessageCircle, IconPlus, IconSearch } from '../../../ui/icons';
import { ScreenHeader } from '../../../ui/screen-header';
import { Segmented } from '../../../ui/segmented';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { useNow } from '../../../ui/use-now';
import { VirtualList } from '../../../ui/virtual-list';
import { filterChats } from '../model';
import type { Chat, ChatFilter } from '../model';
import { chatsQuery } from '../queries';
import { useStepShortcuts } from '../use-step-shortcuts';
import classes from './chat-list.module.css';
import { ChatMenu } from './chat-menu';
import type { MenuAt } from './chat-menu';
import { ChatRow, chatRowId } from './chat-row';

interface ChatListProps {
  open: string;
  people: People;
  onPick: (chatId: string) => void;
  onNew: () => void;
  onSearch: () => void;
}

const ROW_PX = 64;

export function ChatList({ open, people, onPick, onNew, onSearch }: ChatListProps) {
  const { t } = useTranslation('chat');
  const chats = useQuery(chatsQuery);
  const [filter, setFilter] = useState<ChatFilter>('all');
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const shown = filterChats(chats.data ?? [], filter, open);
  useStepShortcuts(shown, open, onPick);
  return (
    <section className={classes.list} aria-label={t('list.label')}>
      <ScreenHeader title={t('title')} compact>
        <IconButton label={t('list.search')} onClick={onSearch} tooltipSide="bottom">
          <IconSearch size={18} stroke={1.7} />
        </IconButton>
        <IconButton label={t('list.new')} onClick={onNew} tooltipSide="bottom">
          <IconPlus size={18} stroke={1.7} />
        </IconButton>
      </ScreenHeader>
      <div className={classes.filter}>
        <Segmented
          label={t('list.filter')}
          value={filter}
          onChange={setFilter}
          fullWidth
          options={[
            { value: 'all', label: t('list.all') },
            { value: 'unread', label: t('list.unread') },
            { value: 'group', label: t('list.group') },
          ]}
        />
      </div>
      {chats.isPending && (
        <Loading>
          <SkeletonRows />
        </Loading>
      )}
      {chats.isError && !chats.data && <ErrorState text={t('list.failed')} onRetry={() => void chats.refetch()} />}
      {chats.data && shown.length === 0 && <Empty filter={filter} onNew={onNew} onAll={() => setFilter('all')} />}
      {shown.length > 0 && <Rows chats={shown} open={open} people={people} onPick={onPick} onMenu={(chat, at) => setMenu({ chat, ...at })} />}
      <ChatMenu at={menu} onClose={() => setMenu(null)} />
    </section>
  );
}

interface RowsProps {
  chats: readonly Chat[];
  open: string;
  people: People;
  onPick: (chatId: string) => void;
  onMenu: (chat: Chat, at: { x: number; y: number }) => void;
}

function Rows({ chats, open, people, onPick, onMenu }: RowsProps) {
  const { t, i18n } = useTranslation('chat');
  const now = useNow();
  const time = timeText(i18n.language);
  return (
    <VirtualList
      label={t('list.label')}
      items={chats}
      rowHeight={ROW_PX}
      keyOf={(chat) => chat.id}
      optionId={chatRowId}
      active={chats.findIndex((chat) => chat.id === open)}
      onActive={(index) => {
        const chat = chats[index];
        if (chat) onPick(chat.id);
      }}
    >
      {(chat) => (
        <ChatRow
          chat={chat}
          selected={chat.id === open}
          online={chat.kind === 'direct' ? (people.get(chat.peerUserId)?.online ?? false) : null}
          time={time}
          now={now}
          t={t}
          onPick={onPick}
          onMenu={onMenu}
        />
      )}
    </VirtualList>
  );
}

interface EmptyProps {
  filter: ChatFilter;
  onNew: () => void;
  onAll: () => void;
}

/** None yet, or none that the filter lets through: two different things to say. */
function Empty({ filter, onNew, onAll }: EmptyProps) {
  const { t } = useTranslation('chat');
  const icon = <IconMessageCircle size={36} stroke={1.3} />;
  if (filter === 'unread') return <EmptyState icon={icon} text={t('list.emptyUnread')} action={<Button onClick={onAll}>{t('list.showAll')}</Button>} />;
  const text = filter === 'group' ? t('list.emptyGroup') : t('list.empty');
  return <EmptyState icon={icon} text={text} action={<Button onClick={onNew}>{t('list.new')}</Button>} />;
}
