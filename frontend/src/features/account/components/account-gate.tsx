import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { AppState } from '../../../platform/api';
import { appStateQuery } from '../../../platform/app-state';
import { Frame } from '../../../ui/frame';
import { EndedScreen } from './ended-screen';
import classes from './form.module.css';
import { OverdueScreen } from './overdue-screen';
import { UnlockScreen } from './unlock-screen';
import { WordsFlow } from './words-flow';

/** Stands before the app: while it is locked, when access has ended, and for what has to be done first. */
export function AccountGate({ state, children }: { state: AppState; children: ReactNode }) {
  useForgetting(state.phase);
  // There was no team when the page opened: once it is founded or joined, the words come first.
  const [fresh, setFresh] = useState(state.phase === 'none');
  switch (state.phase) {
    case 'locked':
      return <UnlockScreen />;
    case 'frozen':
    case 'removed':
    case 'signed_out':
      return <EndedScreen phase={state.phase} state={state} />;
    case 'ready':
      if (state.account.passphraseState === 'overdue') return <OverdueScreen />;
      return fresh && !state.account.wordsConfirmed ? <FirstWords onDone={() => setFresh(false)} /> : children;
    case 'none':
    case 'damaged':
      return children;
  }
}

/** Nothing of the team stays in the page's memory when it is locked or over. */
function useForgetting(phase: AppState['phase']): void {
  const client = useQueryClient();
  useEffect(() => {
    if (phase === 'ready' || phase === 'none' || phase === 'damaged') return;
    client.removeQueries({ predicate: ({ queryKey }) => queryKey.join() !== appStateQuery.queryKey.join() });
  }, [phase, client]);
}

/** After founding and joining: the words come first, or later. */
function FirstWords({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('account');
  return (
    <Frame width="wide">
      <h1 className={classes.title}>{t('words.title')}</h1>
      <WordsFlow onLater={onDone} laterLabel={t('words.later')} onDone={onDone} />
    </Frame>
  );
}
