import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { useAttentive } from '../../../platform/attention';
import { RESYNC } from '../../../platform/event-stream';
import { useEvents } from '../../../platform/events';
import { useFaultText } from '../../../platform/fault-text';
import { useParam, useSetParams } from '../../../platform/navigation';
import type { People } from '../../../platform/people';
import { badgeNumber } from '../../../ui/badge';
import { Banner } from '../../../ui/banner';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorState } from '../../../ui/error-state';
import { IconArrowDown, IconMessageCircle } from '../../../ui/icons';
import { useEscape } from '../../../ui/panes';
import { Loading } from '../../../ui/skeleton';
import { useNow } from '../../../ui/use-now';
import type { HistoryStore } from '../history-store';
import type { Chat } from '../model';
import { useMarkChat } from '../queries';
import { useReadMark } from '../use-read-mark';
import { Announcer } from './announcer';
import { HistoryList } from './history-list';
import { HistoryStart } from './history-start';
import classes from './history-pane.module.css';
import { HistorySkeleton } from './history-skeleton';

interface HistoryPaneProps {
  store: HistoryStore;
  chat: Chat;
  people: People;
}

/** What lies in sight of the reader. */
interface Sight {
  lastVisible: string;
  atEnd: boolean;
}

export function HistoryPane({ store, chat, people }: HistoryPaneProps) {
  const { t, i18n } = useTranslation('chat');
  const set = useSetParams();
  const panel = useParam('panel');
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const [sight, setSight] = useState<Sight>({ lastVisible: '', atEnd: true });
  const now = useNow();
  const { mutate: mark } = useMarkChat();

  useOpening(store);
  useChanges(store, chat.id);
  const ids = useMemo(() => state.rows.map((row) => row.message.id), [state.rows]);
  useReadMark({
    ids,
    lastVisible: sight.lastVisible,
    unread: chat.unread,
    attentive: useAttentive(),
    mark: (messageId) => mark({ chatId: chat.id, mark: { read: messageId } }),
  });
  useEscape(() => {
    // The drawer takes the first Esc, the next one means "I have seen it".
    if (panel === '' && chat.unread > 0 && chat.last) mark({ chatId: chat.id, mark: { read: chat.last.id } });
  });

  if (state.phase === 'loading') {
    return (
      <div className={classes.pane}>
        <Loading>
          <HistorySkeleton />
        </Loading>
      </div>
    );
  }
  if (state.phase === 'failed') return <Failed error={state.error} onRetry={() => void store.open('')} />;
  return (
    <div className={classes.pane}>
      {state.problem && <Problem error={state.problem.error} onRetry={() => void store.retry()} />}
      {state.rows.length === 0 ? (
        <>
          <HistoryStart keptFrom={state.keptFrom} language={i18n.language} t={t} />
          <EmptyState
            icon={<IconMessageCircle size={36} stroke={1.3} />}
            text={t(state.keptFrom > 0 ? 'history.emptyPast' : chat.kind === 'group' ? 'history.emptyGroup' : 'history.emptyDirect')}
          />
        </>
      ) : (
        <HistoryList
          state={state}
          language={i18n.language}
          now={now}
          t={t}
          people={people}
          onOlder={() => void store.older()}
          onNewer={() => void store.newer()}
          onSight={(lastVisible, atEnd) =>
            setSight((before) => (before.lastVisible === lastVisible && before.atEnd === atEnd ? before : { lastVisible, atEnd }))
          }
          onDelivery={(messageId) => set({ panel: 'delivery', of: messageId })}
        />
      )}
      {state.filling && !state.hasOlder && state.rows.length > 0 && (
        <div className={classes.filling} role="status">
          {t('history.filling')}
        </div>
      )}
      {!sight.atEnd && state.rows.length > 0 && (
        <button type="button" className={classes.latest} onClick={() => void store.latest(chat.last?.id ?? '')}>
          <IconArrowDown size={15} stroke={1.8} aria-hidden />
          {chat.unread > 0 ? t('history.latestCount', { n: badgeNumber(chat.unread) }) : t('history.latest')}
        </button>
      )}
      <Announcer newest={chat.last} t={t} />
    </div>
  );
}

/** Opens at the message in the address or at the last read one; a message chosen later is jumped to. */
function useOpening(store: HistoryStore): void {
  const set = useSetParams();
  const message = useParam('message');
  const opened = useRef(false);
  useEffect(() => {
    if (message === '') {
      if (!opened.current) void store.open('');
    } else {
      void store.jump(message);
      // Once followed, the link has done its work: the same message can be chosen again.
      set({ message: '' }, { replace: true });
    }
    opened.current = true;
  }, [store, message, set]);
}

function useChanges(store: HistoryStore, chatId: string): void {
  useEvents('chat.changed', (payload) => {
    if ((payload as { chat?: string } | null)?.chat === chatId) void store.refresh();
  });
  useEvents(RESYNC, () => void store.refresh());
}

function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation('chat');
  const reasonOf = useFaultText();
  return <ErrorState text={t('history.failed')} reason={reasonOf(error)} onRetry={onRetry} />;
}

function Problem({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation(['chat', 'ui']);
  const reasonOf = useFaultText();
  return (
    <div className={classes.problem}>
      <Banner
        tone="danger"
        alert
        action={
          <Button size="sm" onClick={onRetry}>
            {t('ui:retry')}
          </Button>
        }
      >
        {t('history.stale')} {reasonOf(error)}
      </Banner>
    </div>
  );
}
