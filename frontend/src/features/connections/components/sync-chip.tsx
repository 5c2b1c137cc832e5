import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../../platform/fault-text';
import { ErrorState } from '../../../ui/error-state';
import { Popover } from '../../../ui/popover';
import { chipTone } from '../model';
import type { Connections } from '../model';
import { connectionsQuery } from '../queries';
import { useStateText } from '../use-state-text';
import { StateDot } from './state-dot';
import classes from './sync-chip.module.css';
import { SyncPanel } from './sync-panel';

/** In the top bar: how far what is here is also elsewhere. Opens the panel of devices. */
export function SyncChip() {
  const { data, error } = useQuery(connectionsQuery);
  if (data) return <Chip connections={data} />;
  return error ? <FailedChip error={error} /> : null;
}

const PANEL_WIDTH = 380;

function Chip({ connections }: { connections: Connections }) {
  const { t } = useTranslation('connections');
  const [opened, setOpened] = useState(false);
  const text = useStateText(connections);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      label={t('panel.label')}
      width={PANEL_WIDTH}
      trigger={
        <button
          type="button"
          className={classes.chip}
          aria-expanded={opened}
          aria-haspopup="dialog"
          onClick={() => setOpened(!opened)}
        >
          <span className="sr-only">{t('chip.label')}</span>
          <StateDot tone={chipTone(connections.state)} />
          <span className={classes.state}>{text.state}</span>
          <span className={classes.detail}> · {text.detail}</span>
        </button>
      }
    >
      <SyncPanel connections={connections} onClose={() => setOpened(false)} />
    </Popover>
  );
}

function FailedChip({ error }: { error: unknown }) {
  const { t } = useTranslation('connections');
  const reasonOf = useFaultText();
  const [opened, setOpened] = useState(false);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      label={t('panel.label')}
      width={PANEL_WIDTH}
      trigger={
        <button type="button" className={classes.chip} aria-expanded={opened} aria-haspopup="dialog" onClick={() => setOpened(!opened)}>
          <StateDot tone="bad" />
          <span className={classes.state}>{t('panel.failed')}</span>
        </button>
      }
    >
      <ErrorState text={t('panel.failed')} reason={reasonOf(error)} />
    </Popover>
  );
}
