import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useParam, useSetParams } from '../../../platform/navigation';
import { usePeople } from '../../../platform/people';
import { SearchInput } from '../../../ui/search-input';
import { Select } from '../../../ui/select';
import { TextInput } from '../../../ui/text-input';
import { RANGES } from '../model';
import { kindsQuery } from '../queries';
import { useEntryText } from '../use-entry-text';
import classes from './audit-screen.module.css';

export function Filters() {
  const { t } = useTranslation('audit');
  const set = useSetParams();
  const text = useEntryText();
  const kinds = useQuery(kindsQuery).data ?? [];
  const days = useParam('days');
  const from = useParam('from');
  const to = useParam('to');
  const people = [...usePeople().values()];
  const change = (params: Record<string, string>) => set({ ...params, entry: '' }, { replace: true });
  return (
    <div className={classes.filters} role="search" aria-label={t('filter.label')}>
      <div className={classes.search}>
        <SearchInput label={t('filter.text')} placeholder={t('filter.text')} value={useParam('q')} onSearch={(q) => change({ q })} />
      </div>
      <Select
        label={t('filter.person')}
        hideLabel
        width={150}
        value={useParam('user')}
        options={[{ value: '', label: t('filter.everybody') }, ...people.map(({ userId, name }) => ({ value: userId, label: name }))]}
        onChange={(user) => change({ user })}
      />
      <Select
        label={t('filter.kind')}
        hideLabel
        width={140}
        value={useParam('kind')}
        options={[{ value: '', label: t('filter.everything') }, ...kinds.map((kind) => ({ value: kind, label: text.kind(kind) }))]}
        onChange={(kind) => change({ kind })}
      />
      <Select
        label={t('filter.time')}
        hideLabel
        width={140}
        value={days}
        options={RANGES.map((range) => ({ value: range, label: rangeText(range) }))}
        onChange={(range) => change({ days: range, from: '', to: '' })}
      />
      {days === 'custom' && (
        <div className={classes.days}>
          <TextInput type="date" label={t('filter.from')} hideLabel value={from} onChange={(day) => change({ from: day })} />
          <span aria-hidden>–</span>
          <TextInput type="date" label={t('filter.to')} hideLabel value={to} onChange={(day) => change({ to: day })} />
        </div>
      )}
    </div>
  );

  function rangeText(range: (typeof RANGES)[number]): string {
    if (range === '') return t('filter.always');
    if (range === 'custom') return t('filter.custom');
    return range === '1' ? t('filter.today') : t('filter.days', { n: range });
  }
}
