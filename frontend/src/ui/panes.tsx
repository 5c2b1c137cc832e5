import { clsx } from 'clsx';
import { useEffect, useRef } from 'react';
import type { CSSProperties, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorBoundary } from './error-boundary';
import classes from './panes.module.css';
import { usePaneWidth } from './pane-width';
import { Resizer } from './resizer';

interface PanesProps {
  /** Names the screen: widths are remembered for each. */
  id: string;
  /** The column at the left, 272 px. */
  list?: ReactNode;
  /** The work in the middle. */
  children: ReactNode;
  /** A <Drawer>, or null when none is open. */
  drawer?: ReactNode;
  /** The id of what main shows; another one gives a pane that crashed a new chance. */
  mainKey?: string;
}

export const LIST_WIDTH = { initial: 272, min: 240, max: 360 };
export const DRAWER_WIDTH = { initial: 344, min: 320, max: 480 };

/** List at the left, work in the middle, detail at the right. Below 1180 px the drawer floats above the middle. */
export function Panes({ id, list, children, drawer, mainKey = '' }: PanesProps) {
  const { t } = useTranslation('ui');
  const listWidth = usePaneWidth(`${id}.list`, LIST_WIDTH);
  const drawerWidth = usePaneWidth(`${id}.drawer`, DRAWER_WIDTH);
  const widths = { '--list-width': `${listWidth.value}px`, '--drawer-width': `${drawerWidth.value}px` } as CSSProperties;
  return (
    <div className={clsx(classes.panes, list && classes.withList, drawer && classes.withDrawer)} style={widths}>
      {list && (
        <div className={classes.list}>
          <ErrorBoundary>{list}</ErrorBoundary>
          <Resizer label={t('panes.listWidth')} edge="right" limits={LIST_WIDTH} value={listWidth.value} onChange={listWidth.set} />
        </div>
      )}
      <div className={classes.main}>
        <ErrorBoundary resetKey={mainKey}>{children}</ErrorBoundary>
      </div>
      {drawer && (
        <div className={classes.drawer}>
          <Resizer label={t('panes.drawerWidth')} edge="left" limits={DRAWER_WIDTH} value={drawerWidth.value} onChange={drawerWidth.set} />
          <ErrorBoundary>{drawer}</ErrorBoundary>
        </div>
      )}
    </div>
  );
}

/** Layers that Esc closes before it closes a drawer below them. */
const LAYERS = '.mantine-Modal-content, .mantine-Menu-dropdown, .mantine-Popover-dropdown, .mantine-Select-dropdown';

/** Calls back on Esc when nothing lies above. */
export function useEscape(onEscape: () => void): void {
  const latest = useRef(onEscape);
  useEffect(() => {
    latest.current = onEscape;
  });
  useEffect(() => {
    const close = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !document.querySelector(LAYERS)) latest.current();
    };
    window.addEventListener('keydown', close);
    return () => window.removeEventListener('keydown', close);
  }, []);
}
