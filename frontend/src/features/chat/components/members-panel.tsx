import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useGo } from '../../../platform/navigation';
import { colourOf } from '../../../platform/people';
import type { People } from '../../../platform/people';
import { Avatar } from '../../../ui/avatar';
import { ErrorState } from '../../../ui/error-state';
import { SearchInput } from '../../../ui/search-input';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { Tag } from '../../../ui/tag';
import type { ChatMember } from '../api';
import type { Chat } from '../model';
import { detailOf, matchesPerson } from '../people';
import { membersQuery } from '../queries';
import classes from './panels.module.css';

interface MembersPanelProps {
  chat: Chat;
  people: People;
}

/** From so many members on one can search in them. */
const SEARCH_FROM = 12;

/** Who is in a group. A click opens the chat with the person. */
export function MembersPanel({ chat, people }: MembersPanelProps) {
  const { t } = useTranslation('chat');
  const members = useQuery(membersQuery(chat.id));
  const [text, setText] = useState('');
  if (members.isPending) {
    return (
      <Loading>
        <SkeletonRows rows={6} />
      </Loading>
    );
  }
  if (!members.data) return <ErrorState text={t('members.failed')} onRetry={() => void members.refetch()} />;
  const shown = members.data.filter((member) => matchesPerson(text, member.name, people.get(member.userId)));
  return (
    <>
      {chat.purpose && <p className={`selectable ${classes.purpose}`}>{chat.purpose}</p>}
      {members.data.length >= SEARCH_FROM && (
        <div className={classes.search}>
          <SearchInput label={t('members.filter')} placeholder={t('members.filter')} value={text} onSearch={setText} />
        </div>
      )}
      {shown.length === 0 && <p className={classes.note}>{t('members.none', { text })}</p>}
      <ul className={classes.people}>
        {shown.map((member) => (
          <li key={member.userId}>
            <Member member={member} people={people} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Member({ member, people }: { member: ChatMember; people: People }) {
  const { t } = useTranslation('chat');
  const go = useGo();
  const person = people.get(member.userId);
  const content = (
    <>
      <Avatar name={member.name} userId={member.userId} colour={colourOf(people, member.userId)} size={36} online={person?.self ? null : member.online} />
      <span className={classes.who}>
        <span className={classes.name}>{member.name}</span>
        {person && <span className={classes.detail}>{detailOf(person)}</span>}
      </span>
      {person?.self && <Tag>{t('members.self')}</Tag>}
      {member.role !== 'member' && <Tag tone="brand">{t(`members.${member.role}`)}</Tag>}
      <span className="sr-only">{member.online ? t('members.online') : t('members.offline')}</span>
    </>
  );
  if (person?.self) return <div className={classes.person}>{content}</div>;
  return (
    <button type="button" className={classes.person} title={t('members.message', { name: member.name })} onClick={() => go('/chat', { person: member.userId })}>
      {content}
    </button>
  );
}
