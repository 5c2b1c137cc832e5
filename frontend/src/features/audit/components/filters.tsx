import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useParam, useSetParams } from '../../../platform/navigation';
import { usePeople } from '../../../platform/people';
import { SearchInput } from '../../../ui/search-input';
import { Select } from '../../../ui/select';
import { RANGES } from '../model';
import { kindsQuery } from '../queries';
import { useEntryText } from '../use-entry-text';
import classes from './audit-screen.module.css';

export function Filters() {
  const { t } = useTranslation('audit');
  const set = useSetParams();
  const text = useEntryText();
  const kinds = useQuery(kindsQuery).data ?? [];
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
        value={useParam('days')}
        options={RANGES.map((days) => ({ value: days, label: days === '' ? t('filter.always') : days === '1' ? t('filter.today') : t('filter.days', { n: days }) }))}
        onChange={(days) => change({ days })}
      />
    </div>
  );
}
