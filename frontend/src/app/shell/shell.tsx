import { Outlet } from '@tanstack/react-router';
import { useState } from 'react';
import { usePath } from '../../platform/navigation';
import { ErrorBoundary } from '../../ui/error-boundary';
import { features } from '../features';
import { LostNotice } from './lost-notice';
import { PaletteHost } from './palette-host';
import { Rail } from './rail';
import { RecoveredNotice } from './recovered-notice';
import { useShortcuts } from './shortcuts';
import { ShortcutList } from './shortcut-list';
import classes from './shell.module.css';
import { TopBar } from './top-bar';

/** The frame around every screen: top bar, rail, and the sheet on which the screen lies. */
export function Shell() {
  const [layer, setLayer] = useState<'palette' | 'shortcuts' | null>(null);
  const path = usePath();
  const close = () => setLayer(null);
  const shortcuts = useShortcuts(setLayer);
  return (
    <div className={classes.shell}>
      <TopBar onSearch={() => setLayer('palette')} />
      <Rail />
      <main className={classes.sheet}>
        <LostNotice />
        <RecoveredNotice />
        {features.map(({ id, Notice }) => Notice && <Notice key={id} />)}
        <div className={classes.screen}>
          <ErrorBoundary resetKey={path}>
            <Outlet />
          </ErrorBoundary>
        </div>
      </main>
      <PaletteHost opened={layer === 'palette'} onClose={close} onShortcuts={() => setLayer('shortcuts')} />
      <ShortcutList opened={layer === 'shortcuts'} shortcuts={shortcuts} onClose={close} />
      {features.map(({ id, Background }) => Background && <Background key={id} />)}
    </div>
  );
}
