import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { ScreenHeader } from '../../../ui/screen-header';
import { SearchInput } from '../../../ui/search-input';
import { GROUPS } from '../model';
import type { Rule, RuleGroup } from '../model';
import classes from './groups-pane.module.css';

interface GroupsPaneProps {
  rules: readonly Rule[];
  /** null while a search shows rules of all groups. */
  group: RuleGroup | null;
  text: string;
  onSearch: (text: string) => void;
  onGroup: (group: RuleGroup) => void;
}

export function GroupsPane({ rules, group, text, onSearch, onGroup }: GroupsPaneProps) {
  const { t } = useTranslation('rules');
  return (
    <section className={classes.pane} aria-label={t('title')}>
      <ScreenHeader title={t('title')} compact />
      <div className={classes.search}>
        <SearchInput label={t('search.label')} placeholder={t('search.placeholder')} value={text} onSearch={onSearch} />
      </div>
      <nav className={`scroll ${classes.nav ?? ''}`} aria-label={t('nav')}>
        <ul>
          {GROUPS.map((one) => {
            const changed = rules.filter((rule) => rule.group === one && rule.changed).length;
            return (
              <li key={one}>
                <button type="button" className={clsx(classes.item, one === group && classes.on)} aria-current={one === group ? 'page' : undefined} onClick={() => onGroup(one)}>
                  <span className={classes.name}>{t(`groups.${one}`)}</span>
                  {changed > 0 && <span className={classes.changed}>{t('changedCount', { count: changed })}</span>}
                </button>
              </li>
            );
          })}
        </ul>
      </nav>
      <p className={classes.note}>{t('note')}</p>
    </section>
  );
}
