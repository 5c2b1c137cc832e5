import { useQuery } from '@tanstack/react-query';
import i18next from 'i18next';
import { useEffect } from 'react';
import type { ComponentProps, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { AccountGate } from '../features/account/routes';
import { Onboarding } from '../features/team/routes';
import type { AppState } from '../platform/api';
import { appStateQuery } from '../platform/app-state';
import { useFaultText } from '../platform/fault-text';
import { Fault, toFault } from '../platform/fault';
import { ErrorBoundary } from '../ui/error-boundary';
import { ErrorState } from '../ui/error-state';
import { UiProvider } from '../ui/provider';
import { languageOf } from '../platform/i18n';
import classes from './gate.module.css';
import { useSystemTheme } from './system-theme';

/** Knows how far this device is, and shows the app, the way into a team, or what is wrong. */
export function Gate({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery(appStateQuery);
  const system = useSystemTheme();
  const theme = data?.settings.theme ?? 'system';
  useLanguage(data);
  return (
    <UiProvider theme={theme === 'system' ? system : theme}>
      <ErrorBoundary>
        {data ? <Phase state={data}>{children}</Phase> : error && <NotStarted error={error} onRetry={() => void refetch()} />}
      </ErrorBoundary>
    </UiProvider>
  );
}

/** What is wrong is a code with a text of its own, or else what the system said. */
const IS_CODE = /^[a-z_]+\.[a-z_.]+$/;

function Phase({ state, children }: { state: AppState; children: ReactNode }) {
  const { t } = useTranslation('app');
  const reasonOf = useFaultText();
  if (state.phase === 'damaged') {
    const reason = IS_CODE.test(state.damage) ? reasonOf(new Fault(state.damage)) : t('start.damagedSafe');
    return <Failure text={t('start.damaged')} reason={reason} code={state.damage} />;
  }
  return (
    <AccountGate state={state}>
      <Onboarding ready={state.phase === 'ready'}>{children}</Onboarding>
    </AccountGate>
  );
}

function NotStarted({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation('app');
  const reasonOf = useFaultText();
  return <Failure text={t('start.failed')} reason={reasonOf(error)} code={toFault(error).code} onRetry={onRetry} />;
}

/** There is nothing else to show. */
function Failure(props: Omit<ComponentProps<typeof ErrorState>, 'page'>) {
  return (
    <main className={classes.failure}>
      <ErrorState {...props} page />
    </main>
  );
}

function useLanguage(state: AppState | undefined): void {
  const setting = state?.settings.language;
  useEffect(() => {
    if (!setting) return;
    const language = languageOf(setting, navigator.languages);
    // Without the right tag, Chinese characters come out in their Japanese form.
    document.documentElement.lang = language;
    document.title = i18next.getFixedT(language, 'app')('product');
    void i18next.changeLanguage(language);
  }, [setting]);
}
