import { useQuery } from '@tanstack/react-query';
import { clsx } from 'clsx';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timeText } from '../../../lib/time-text';
import { useAppState } from '../../../platform/app-state';
import { useFaultText } from '../../../platform/fault-text';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorState } from '../../../ui/error-state';
import { IconButton } from '../../../ui/icon-button';
import { IconPlus, IconSpeakerphone } from '../../../ui/icons';
import { ScreenHeader } from '../../../ui/screen-header';
import { Segmented } from '../../../ui/segmented';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { Tag } from '../../../ui/tag';
import { useNow } from '../../../ui/use-now';
import { VirtualList } from '../../../ui/virtual-list';
import { canPublish, excerpt, isNews, waitsForMe } from '../model';
import type { Announcement } from '../model';
import { announcementsQuery } from '../queries';
import classes from './announcement-list.module.css';

interface AnnouncementListProps {
  open: string;
  onOpen: (id: string) => void;
  onPublish: () => void;
}

type Filter = 'all' | 'waiting';

const CARD_PX = 112;

const cardId = ({ id }: Announcement): string => `announcement-${id}`;

export function AnnouncementList({ open, onOpen, onPublish }: AnnouncementListProps) {
  const { t } = useTranslation('announcement');
  const { role } = useAppState();
  const list = useQuery(announcementsQuery);
  const [filter, setFilter] = useState<Filter>('all');
  const reasonOf = useFaultText();
  const all = list.data ?? [];
  // What is being read stays, also once it was confirmed.
  const shown = filter === 'all' ? all : all.filter((one) => waitsForMe(one) || one.id === open);
  return (
    <section className={classes.pane} aria-label={t('list.label')}>
      <ScreenHeader title={t('title')} compact>
        {canPublish(role) && (
          <IconButton label={t('list.publish')} tooltipSide="bottom" aria-haspopup="dialog" onClick={onPublish}>
            <IconPlus size={18} stroke={1.7} />
          </IconButton>
        )}
      </ScreenHeader>
      <div className={classes.filter}>
        <Segmented
          label={t('list.filter')}
          value={filter}
          onChange={setFilter}
          fullWidth
          options={[
            { value: 'all', label: t('list.all') },
            { value: 'waiting', label: t('list.waiting') },
          ]}
        />
      </div>
      {list.isPending && (
        <Loading>
          <SkeletonRows rows={5} />
        </Loading>
      )}
      {list.error && !list.data && <ErrorState text={t('list.failed')} reason={reasonOf(list.error)} onRetry={() => void list.refetch()} />}
      {list.data && shown.length === 0 && <Empty filter={filter} publishes={canPublish(role)} onPublish={onPublish} onAll={() => setFilter('all')} />}
      {shown.length > 0 && <Cards list={shown} open={open} onOpen={onOpen} />}
    </section>
  );
}

function Cards({ list, open, onOpen }: { list: readonly Announcement[]; open: string; onOpen: (id: string) => void }) {
  const { t } = useTranslation('announcement');
  return (
    <VirtualList
      label={t('list.label')}
      items={list}
      rowHeight={CARD_PX}
      keyOf={({ id }) => id}
      optionId={cardId}
      active={list.findIndex(({ id }) => id === open)}
      onActive={(index) => {
        const one = list[index];
        if (one) onOpen(one.id);
      }}
    >
      {(one) => <Card announcement={one} selected={one.id === open} onOpen={onOpen} />}
    </VirtualList>
  );
}

interface CardProps {
  announcement: Announcement;
  selected: boolean;
  onOpen: (id: string) => void;
}

function Card({ announcement, selected, onOpen }: CardProps) {
  const { t, i18n } = useTranslation('announcement');
  const now = useNow();
  const { id, title, text, authorName, at, read, total, needAck, acknowledged } = announcement;
  const fresh = waitsForMe(announcement) || isNews(announcement);
  return (
    <div
      role="option"
      id={cardId(announcement)}
      aria-selected={selected}
      className={clsx(classes.card, selected && classes.selected)}
      onClick={() => onOpen(id)}
    >
      <span className={classes.top}>
        {fresh && <i className={classes.dot} aria-hidden />}
        <b className={clsx(classes.title, fresh && classes.fresh)}>{title}</b>
        {fresh && <span className="sr-only">{t('list.new')}</span>}
        {needAck && (acknowledged ? <Tag tone="success">{t('list.acknowledged')}</Tag> : <Tag tone="warning">{t('list.needAck')}</Tag>)}
      </span>
      <span className={classes.excerpt}>{excerpt(text)}</span>
      <span className={classes.meta}>
        <span className={classes.by}>{t('list.by', { name: authorName, time: timeText(i18n.language).brief(at, now) })}</span>
        <span>{t('list.read', { n: read, total })}</span>
      </span>
    </div>
  );
}

interface EmptyProps {
  filter: Filter;
  publishes: boolean;
  onPublish: () => void;
  onAll: () => void;
}

function Empty({ filter, publishes, onPublish, onAll }: EmptyProps) {
  const { t } = useTranslation('announcement');
  const icon = <IconSpeakerphone size={36} stroke={1.3} />;
  if (filter === 'waiting') return <EmptyState icon={icon} text={t('list.emptyWaiting')} action={<Button onClick={onAll}>{t('list.showAll')}</Button>} />;
  if (!publishes) return <EmptyState icon={icon} text={t('list.empty')} />;
  return <EmptyState icon={icon} text={t('list.emptyManage')} action={<Button onClick={onPublish}>{t('list.publish')}</Button>} />;
}
