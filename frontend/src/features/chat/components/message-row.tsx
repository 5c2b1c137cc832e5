import { clsx } from 'clsx';
import type { TFunction } from 'i18next';
import { memo } from 'react';
import type { TimeText } from '../../../lib/time-text';
import { Avatar } from '../../../ui/avatar';
import { IconClock } from '../../../ui/icons';
import { isLargeEmoji } from '../model';
import type { Message } from '../model';
import { DeliveryLine } from './delivery-line';
import classes from './message-row.module.css';

interface MessageRowProps {
  message: Message;
  /** Text of the day separator above, "" for none. */
  day: string;
  unread: boolean;
  first: boolean;
  sending: boolean;
  /** The delivery line is shown once for neighbours in the same state. */
  showState: boolean;
  /** It was jumped to and is marked for a moment. */
  target: boolean;
  /** Avatar colour of the sender, 1…8, and position in the company. */
  colour: number;
  position: string;
  time: TimeText;
  now: number;
  t: TFunction<'chat'>;
  onDelivery: (messageId: string) => void;
}

/** Plain DOM on purpose: many of these are mounted and dropped while scrolling (ui.md §5). */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, day, unread, first, sending, showState, target, time, now, t, onDelivery } = props;
  const clock = time.clock(message.at);
  return (
    <>
      {day && <div className={classes.day}>{day}</div>}
      {unread && (
        <div className={classes.unread} role="separator" aria-label={t('history.unread')}>
          <span aria-hidden>{t('history.unread')}</span>
        </div>
      )}
      <article
        className={clsx(classes.row, first && classes.first, message.own && classes.own, target && classes.target)}
        aria-label={t('history.message', { name: message.senderName, time: clock })}
      >
        {!message.own && (first ? <Avatar name={message.senderName} userId={message.senderId} colour={props.colour} size={36} /> : <Gutter clock={clock} />)}
        <div className={classes.body}>
          {first && (
            <div className={classes.head} aria-hidden>
              {!message.own && <span className={classes.name}>{message.senderName}</span>}
              {!message.own && props.position && <span>{props.position}</span>}
              <time className={classes.time}>{clock}</time>
            </div>
          )}
          <div className={clsx(classes.bubble, isLargeEmoji(message.text) && classes.emoji)}>{message.text}</div>
          {message.late && (
            <span className={classes.late} title={t('history.lateHelp')}>
              <IconClock size={12} stroke={1.8} aria-hidden />
              {t('history.late', { time: time.full(message.at, now) })}
            </span>
          )}
          {message.own && (sending || showState) && <DeliveryLine message={message} sending={sending} t={t} onOpen={onDelivery} />}
        </div>
      </article>
    </>
  );
});

/** The time of a later message of a run, seen while the pointer is on it. */
function Gutter({ clock }: { clock: string }) {
  return (
    <time className={classes.gutter} aria-hidden>
      {clock}
    </time>
  );
}
