import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { useParam, useSetParams } from '../../../platform/navigation';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorState } from '../../../ui/error-state';
import { IconListSearch } from '../../../ui/icons';
import { Panes } from '../../../ui/panes';
import { Loading, SkeletonRows } from '../../../ui/skeleton';
import { GROUPS, shownRules } from '../model';
import type { Rule } from '../model';
import { rulesQuery } from '../queries';
import { useRuleText } from '../use-rule-text';
import { GroupsPane } from './groups-pane';
import { RuleDrawer } from './rule-drawer';
import { RuleRows } from './rule-rows';
import classes from './rules-screen.module.css';

/** 规范: every setting of the team in one place (R143, R144). In the address: `group`, `q` for the search, `rule` that is open. */
export function RulesScreen() {
  const { t } = useTranslation('rules');
  const set = useSetParams();
  const text = useParam('q');
  const asked = useParam('group');
  const key = useParam('rule');
  const rules = useQuery(rulesQuery);
  const reasonOf = useFaultText();
  const textOf = useRuleText();
  const group = GROUPS.find((one) => one === asked) ?? GROUPS[0];
  const all = rules.data ?? [];
  const wordsOf = (rule: Rule) => [textOf.name(rule.key), rule.key, textOf.value(rule, rule.value)].join(' ');
  const shown = shownRules(all, group, text, wordsOf);
  const open = all.find((rule) => rule.key === key);
  return (
    <Panes
      id="rules"
      mainKey={group}
      list={
        <GroupsPane rules={all} group={text === '' ? group : null} text={text} onSearch={(q) => set({ q }, { replace: true })} onGroup={(one) => set({ group: one, q: '', rule: '' })} />
      }
      drawer={open ? <RuleDrawer key={key} rule={open} onClose={() => set({ rule: '' })} /> : null}
    >
      <section className={classes.pane} aria-label={text === '' ? t(`groups.${group}`) : t('search.results')}>
        <header className={classes.header}>
          <h2 className={classes.title}>{text === '' ? t(`groups.${group}`) : t('search.results')}</h2>
          {rules.data && <span className={classes.count}>{t('count', { count: shown.length })}</span>}
        </header>
        {text === '' && <p className={classes.help}>{t(`groupHelp.${group}`)}</p>}
        {rules.isPending && (
          <Loading>
            <SkeletonRows rows={6} />
          </Loading>
        )}
        {rules.error && !rules.data && <ErrorState text={t('failed')} reason={reasonOf(rules.error)} onRetry={() => void rules.refetch()} />}
        {rules.data && shown.length === 0 && (
          <EmptyState
            icon={<IconListSearch size={36} stroke={1.3} />}
            text={t('search.none', { text })}
            action={<Button onClick={() => set({ q: '' }, { replace: true })}>{t('search.clear')}</Button>}
          />
        )}
        {shown.length > 0 && <RuleRows rules={shown} open={key} onOpen={(one) => set({ rule: one }, { replace: key !== '' })} />}
      </section>
    </Panes>
  );
}
