import { useTranslation } from 'react-i18next';
import { useState } from 'react';
import type { People } from '../../../platform/people';
import { randomId } from '../../../lib/random-id';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { isMac } from '../../../platform/machine';
import { historySource } from '../api';
import { HistoryStore } from '../history-store';
import type { Chat, Message } from '../model';
import { useSaveDraft } from '../queries';
import classes from './chat-pane.module.css';
import { Composer } from './composer';
import { HistoryPane } from './history-pane';
import { PaneHeader } from './pane-header';

interface ChatPaneProps {
  chat: Chat;
  people: People;
}

/** One chat. Mounted anew for every chat (by key), so nothing of one can show in another. */
export function ChatPane({ chat, people }: ChatPaneProps) {
  const { t, i18n } = useTranslation('chat');
  const { me, settings } = useAppState();
  const reasonOf = useFaultText();
  const [store] = useState(() => new HistoryStore(historySource, chat.id));
  const { mutate: saveDraft } = useSaveDraft();

  const send = (text: string) => {
    const clientId = randomId();
    return store.send(ownMessage(chat, me, clientId, text), clientId);
  };
  return (
    <section className={classes.pane} aria-label={chat.name}>
      <PaneHeader chat={chat} people={people} />
      <HistoryPane store={store} chat={chat} people={people} />
      {chat.canSend ? (
        <Composer
          name={chat.name}
          draft={chat.draft}
          sendKey={settings.sendKey}
          language={i18n.language}
          mac={isMac()}
          t={t}
          onSend={send}
          onDraft={(text) => saveDraft({ chatId: chat.id, text })}
          reasonOf={reasonOf}
        />
      ) : (
        <p className={classes.readOnly}>{t('pane.readOnly')}</p>
      )}
    </section>
  );
}

/** An own message as it looks until it is saved, which takes some milliseconds. */
function ownMessage(chat: Chat, me: { userId: string; name: string }, clientId: string, text: string): Message {
  return {
    id: clientId,
    chatId: chat.id,
    senderId: me.userId,
    senderName: me.name,
    text,
    at: Date.now(),
    own: true,
    late: false,
    state: 'saved',
    received: 0,
    total: chat.members - 1,
    read: 0,
  };
}
