import type { TFunction } from 'i18next';
import type { TimeText } from '../../../lib/time-text';
import { useSetParams } from '../../../platform/navigation';
import { colourOf } from '../../../platform/people';
import type { People } from '../../../platform/people';
import { Avatar } from '../../../ui/avatar';
import { useNow } from '../../../ui/use-now';
import type { Hit } from '../api';
import { Highlighted } from './highlighted';
import classes from './search-panel.module.css';

interface SearchHitsProps {
  hits: readonly Hit[];
  people: People;
  time: TimeText;
  t: TFunction<'chat'>;
}

/** Found messages, newest first. A click opens the chat at the message and leaves the results where they are. */
export function SearchHits({ hits, people, time, t }: SearchHitsProps) {
  const set = useSetParams();
  const now = useNow();
  return (
    <ul className={classes.hits} aria-label={t('search.results')}>
      {hits.map(({ message, chatName, ranges }) => (
        <li key={message.id}>
          <button type="button" className={classes.hit} onClick={() => set({ chat: message.chatId, message: message.id })}>
            <Avatar name={message.senderName} userId={message.senderId} colour={colourOf(people, message.senderId)} size={32} />
            <span className={classes.found}>
              <span className={classes.head}>
                <b>{message.senderName}</b>
                <span className={classes.in}>{chatName}</span>
                <time>{time.brief(message.at, now)}</time>
              </span>
              <span className={classes.text}>
                <Highlighted text={message.text} ranges={ranges} />
              </span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
