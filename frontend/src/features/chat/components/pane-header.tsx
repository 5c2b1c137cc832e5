import { useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isMac } from '../../../platform/machine';
import { useParam, useSetParams } from '../../../platform/navigation';
import { matches } from '../../../platform/shortcut';
import type { People } from '../../../platform/people';
import { Avatar, GroupAvatar } from '../../../ui/avatar';
import { IconButton } from '../../../ui/icon-button';
import { IconDots, IconEdit, IconLayoutSidebarRight, IconLayoutSidebarRightFilled, IconSearch, IconUserPlus } from '../../../ui/icons';
import { Menu } from '../../../ui/menu';
import type { Chat } from '../model';
import { detailOf } from '../people';
import { membersQuery } from '../queries';
import { AddMembersDialog } from './add-members-dialog';
import { useChatActions } from './chat-menu';
import classes from './chat-pane.module.css';
import { RenameDialog } from './rename-dialog';

interface PaneHeaderProps {
  chat: Chat;
  people: People;
}

export function PaneHeader({ chat, people }: PaneHeaderProps) {
  const { t } = useTranslation('chat');
  const set = useSetParams();
  const panel = useParam('panel');
  const [dialog, setDialog] = useState<'add' | 'rename' | null>(null);
  const marks = useChatActions(chat);
  const manages = chat.kind === 'group' && chat.canManage;

  const toggle = (next: 'info' | 'search') => {
    const opens = panel !== next;
    set({ panel: opens ? next : '', of: '', in: opens && next === 'search' ? chat.id : '' });
  };
  usePaneKeys({ find: () => set({ panel: 'search', in: chat.id }), drawer: () => toggle('info') });

  const rename = { key: 'rename', label: t('menu.rename'), icon: <IconEdit size={16} stroke={1.7} />, onClick: () => setDialog('rename') };
  return (
    <header className={classes.header}>
      {chat.kind === 'direct' ? (
        <Avatar name={chat.name} userId={chat.peerUserId} colour={chat.avatar} size={36} online={people.get(chat.peerUserId)?.online ?? false} />
      ) : (
        <GroupAvatar name={chat.name} colour={chat.avatar} size={36} />
      )}
      <div className={classes.title}>
        <h2 className={classes.name}>{chat.name}</h2>
        <p className={classes.detail}>{chat.kind === 'direct' ? <DirectDetail chat={chat} people={people} t={t} /> : <GroupDetail chat={chat} t={t} />}</p>
      </div>
      <IconButton label={t('pane.search')} active={panel === 'search'} tooltipSide="bottom" onClick={() => toggle('search')}>
        <IconSearch size={19} stroke={1.6} />
      </IconButton>
      {manages && (
        <IconButton label={t('pane.add')} tooltipSide="bottom" aria-haspopup="dialog" onClick={() => setDialog('add')}>
          <IconUserPlus size={19} stroke={1.6} />
        </IconButton>
      )}
      <IconButton
        label={chat.kind === 'group' ? t('pane.showMembers') : t('pane.showPerson')}
        active={panel === 'info'}
        tooltipSide="bottom"
        onClick={() => toggle('info')}
      >
        {panel === 'info' ? <IconLayoutSidebarRightFilled size={19} stroke={1.6} /> : <IconLayoutSidebarRight size={19} stroke={1.6} />}
      </IconButton>
      <Menu groups={[manages ? [rename] : [], marks]}>
        <IconButton label={t('pane.more')} tooltipSide="bottom" aria-haspopup="menu">
          <IconDots size={19} stroke={1.6} />
        </IconButton>
      </Menu>
      {dialog === 'add' && <AddMembersDialog chat={chat} onClose={() => setDialog(null)} />}
      {dialog === 'rename' && <RenameDialog chat={chat} onClose={() => setDialog(null)} />}
    </header>
  );
}

function DirectDetail({ chat, people, t }: PaneHeaderProps & { t: TFunction<'chat'> }) {
  const person = people.get(chat.peerUserId);
  const presence = person?.online ? t('pane.online') : t('pane.offline');
  return [presence, person && detailOf(person)].filter(Boolean).join(' · ');
}

function GroupDetail({ chat, t }: { chat: Chat; t: TFunction<'chat'> }) {
  const members = useQuery(membersQuery(chat.id)).data;
  if (!members) return t('pane.members', { n: chat.members });
  const online = members.filter((m) => m.online).length;
  return t('pane.membersOnline', { n: members.length, online });
}

/** Ctrl F searches this chat, Ctrl J shows and hides the drawer (ui.md §7). */
function usePaneKeys(actions: { find: () => void; drawer: () => void }): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    const mac = isMac();
    const onKeyDown = (event: KeyboardEvent) => {
      const find = matches(event, 'mod+f', mac);
      if (!find && !matches(event, 'mod+j', mac)) return;
      event.preventDefault();
      latest.current[find ? 'find' : 'drawer']();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}
