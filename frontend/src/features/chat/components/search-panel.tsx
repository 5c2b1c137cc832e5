import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useFaultText } from '../../../platform/fault-text';
import { useParam, useSetParams } from '../../../platform/navigation';
import type { People } from '../../../platform/people';
import { Button } from '../../../ui/button';
import { ErrorState } from '../../../ui/error-state';
import { SearchInput } from '../../../ui/search-input';
import { Select } from '../../../ui/select';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { chatsQuery, searchQuery } from '../queries';
import { SearchHits } from './search-hits';
import classes from './search-panel.module.css';

/** The value of a filter that lets everything through. */
const ANY = '';

/** Full-text search over all chats, newest first; query and filters are in the address. */
export function SearchPanel({ people }: { people: People }) {
  const { t } = useTranslation('chat');
  const set = useSetParams();
  const filter = { text: useParam('q'), chatId: useParam('in'), senderId: useParam('from') };
  const chats = useQuery(chatsQuery).data ?? [];
  return (
    <div className={classes.panel}>
      <SearchInput label={t('search.label')} placeholder={t('search.placeholder')} value={filter.text} onSearch={(q) => set({ q }, { replace: true })} autoFocus />
      <div className={classes.filters}>
        <Select
          label={t('search.chat')}
          hideLabel
          value={filter.chatId}
          onChange={(chatId) => set({ in: chatId }, { replace: true })}
          options={[{ value: ANY, label: t('search.allChats') }, ...chats.map(({ id, name }) => ({ value: id, label: name }))]}
        />
        <Select
          label={t('search.sender')}
          hideLabel
          value={filter.senderId}
          onChange={(from) => set({ from }, { replace: true })}
          options={[{ value: ANY, label: t('search.anySender') }, ...[...people.values()].map(({ userId, name }) => ({ value: userId, label: name }))]}
        />
      </div>
      <Results filter={filter} people={people} chatName={chats.find((c) => c.id === filter.chatId)?.name ?? ''} t={t} />
    </div>
  );
}

interface ResultsProps {
  filter: { text: string; chatId: string; senderId: string };
  people: People;
  chatName: string;
  t: TFunction<'chat'>;
}

function Results({ filter, people, chatName, t }: ResultsProps) {
  const { i18n } = useTranslation();
  const set = useSetParams();
  const reasonOf = useFaultText();
  const search = useInfiniteQuery(searchQuery(filter));
  const filtered = filter.chatId !== ANY || filter.senderId !== ANY;

  if (filter.text.trim() === '') return <p className={classes.note}>{chatName ? t('search.startChat', { name: chatName }) : t('search.start')}</p>;
  if (search.error) return <ErrorState text={t('search.failed', { reason: reasonOf(search.error) })} onRetry={() => void search.refetch()} />;
  if (!search.data) {
    return (
      <Loading>
        <SkeletonRows rows={5} />
      </Loading>
    );
  }
  const hits = search.data.pages.flatMap((page) => page.hits);
  const indexing = search.data.pages[0]?.indexing ?? 0;
  return (
    <>
      {indexing > 0 && <p className={classes.note}>{t('search.indexing', { n: indexing })}</p>}
      {hits.length === 0 ? (
        <div className={classes.none} role="status">
          <p>{filtered ? t('search.noneFiltered') : t('search.none', { text: filter.text })}</p>
          {filtered && <Button onClick={() => set({ in: '', from: '' }, { replace: true })}>{t('search.clear')}</Button>}
        </div>
      ) : (
        <>
          <p className={classes.note} role="status">
            {search.hasNextPage ? t('search.countMore', { n: hits.length }) : t('search.count', { count: hits.length })}
          </p>
          <SearchHits hits={hits} people={people} time={timeText(i18n.language)} t={t} />
          {search.hasNextPage && (
            <Button fullWidth loading={search.isFetchingNextPage} onClick={() => void search.fetchNextPage()}>
              {t('search.more')}
            </Button>
          )}
        </>
      )}
    </>
  );
}
