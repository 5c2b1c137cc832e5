import type { TFunction } from 'i18next';
import { IconCheck, IconChecks, IconClock, IconServer } from '../../../ui/icons';
import { deliveryState } from '../model';
import type { DeliveryState, Message } from '../model';
import classes from './message-row.module.css';
import { ReadPie } from './read-pie';

interface DeliveryLineProps {
  message: Message;
  sending: boolean;
  t: TFunction<'chat'>;
  onOpen: (messageId: string) => void;
}

const ICONS: Record<DeliveryState, typeof IconClock> = { sending: IconClock, saved: IconClock, relay: IconServer, partial: IconCheck, all: IconChecks };

/** The honest state under an own message; a click shows who has it and who does not. */
export function DeliveryLine({ message, sending, t, onOpen }: DeliveryLineProps) {
  const state = sending ? 'sending' : deliveryState(message);
  const Icon = ICONS[state];
  const text = t(`delivery.${state}`, { n: message.received, total: message.total });
  const read = readText(message, t);
  const content = (
    <>
      <Icon size={13} stroke={1.8} aria-hidden />
      <span>{text}</span>
      {read && (
        <span className={classes.readers}>
          <ReadPie share={message.read / message.total} />
          {read}
        </span>
      )}
    </>
  );
  if (sending) return <span className={classes.state}>{content}</span>;
  return (
    <button
      type="button"
      className={classes.state}
      onClick={() => onOpen(message.id)}
    >
      {content}
      <span className="sr-only">{t('delivery.open')}</span>
    </button>
  );
}

function readText(message: Message, t: TFunction<'chat'>): string {
  if (message.read === 0) return '';
  if (message.total === 1) return t('delivery.readOne');
  if (message.read >= message.total) return t('delivery.readAll');
  return t('delivery.read', { n: message.read, total: message.total });
}
