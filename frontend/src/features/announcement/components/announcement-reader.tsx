import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useAppState } from '../../../platform/app-state';
import { useAttentive } from '../../../platform/attention';
import { useFaultText } from '../../../platform/fault-text';
import { colourOf, usePeople } from '../../../platform/people';
import { Avatar } from '../../../ui/avatar';
import { Button } from '../../../ui/button';
import { IconCircleCheck, IconUsers } from '../../../ui/icons';
import { Tag } from '../../../ui/tag';
import { useNow } from '../../../ui/use-now';
import { canPublish, isNews, paragraphs, waitsForMe } from '../model';
import type { Announcement } from '../model';
import { useAcknowledge } from '../queries';
import { useAcknowledgeOnRead } from '../use-acknowledge-on-read';
import classes from './announcement-reader.module.css';

interface AnnouncementReaderProps {
  announcement: Announcement;
  readersOpen: boolean;
  onReaders: () => void;
}

/** One announcement at reading width, and what it asks for. */
export function AnnouncementReader({ announcement, readersOpen, onReaders }: AnnouncementReaderProps) {
  const { t, i18n } = useTranslation('announcement');
  const { me, role } = useAppState();
  const now = useNow();
  const people = usePeople();
  const attentive = useAttentive();
  const { mutate } = useAcknowledge();
  useAcknowledgeOnRead(isNews(announcement) ? announcement.id : '', attentive, mutate);

  const { title, text, authorId, authorName, at, needAck, read, total } = announcement;
  // The list of readers is for those who publish.
  const seesReaders = authorId === me.userId || canPublish(role);
  return (
    <section className={classes.pane} aria-label={title}>
      <div className={`scroll ${classes.scroll ?? ''}`} tabIndex={0} role="group" aria-label={title}>
        <article className={classes.article}>
          <h2 className={`selectable ${classes.title ?? ''}`}>{title}</h2>
          <div className={classes.meta}>
            <Avatar name={authorName} userId={authorId} colour={colourOf(people, authorId)} size={24} />
            <span>{authorName}</span>
            <time>{timeText(i18n.language).full(at, now)}</time>
            {needAck && <Tag tone="warning">{t('list.needAck')}</Tag>}
            <span className={classes.space} />
            {seesReaders && (
              <Button size="sm" kind="ghost" icon={<IconUsers size={15} stroke={1.7} />} aria-expanded={readersOpen} onClick={onReaders}>
                {t('reader.readersOf', { n: read, total })}
              </Button>
            )}
          </div>
          {paragraphs(text).map((paragraph, index) => (
            <p key={index} className={`selectable ${classes.paragraph ?? ''}`}>
              {paragraph}
            </p>
          ))}
        </article>
      </div>
      {needAck && authorId !== me.userId && <Confirmation announcement={announcement} />}
    </section>
  );
}

/** Stays in sight below the text until the reader has confirmed. */
function Confirmation({ announcement }: { announcement: Announcement }) {
  const { t } = useTranslation('announcement');
  const { mutate, isPending, error } = useAcknowledge();
  const reasonOf = useFaultText();
  const waits = waitsForMe(announcement);
  return (
    <footer className={classes.footer}>
      <div className={classes.confirm}>
        {waits ? (
          <>
            <span className={classes.help} role={error ? 'alert' : undefined}>
              {error ? t('reader.failed', { reason: reasonOf(error) }) : t('reader.ackHelp')}
            </span>
            <Button kind="primary" loading={isPending} onClick={() => mutate(announcement.id)}>
              {t('reader.acknowledge')}
            </Button>
          </>
        ) : (
          <span className={classes.done} role="status">
            <IconCircleCheck size={16} stroke={1.8} aria-hidden />
            {t('reader.acknowledged')}
          </span>
        )}
      </div>
    </footer>
  );
}
