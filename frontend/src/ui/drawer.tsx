import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './drawer.module.css';
import { IconButton } from './icon-button';
import { IconX } from './icons';
import { useEscape } from './panes';

interface DrawerProps {
  /** Name of the region, and its heading. */
  title: string;
  /** Icon buttons left of the closing one. */
  actions?: ReactNode;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
}

/** The detail at the right, inside <Panes>. Esc closes. Children bring no padding of their own. */
export function Drawer({ title, actions, onClose, children, footer }: DrawerProps) {
  const { t } = useTranslation('ui');
  useEscape(onClose);
  return (
    <aside className={classes.drawer} aria-label={title}>
      <header className={classes.header}>
        <h2 className={classes.title}>{title}</h2>
        {actions}
        <IconButton label={t('panes.closeDrawer')} onClick={onClose} tooltipSide="bottom">
          <IconX size={18} stroke={1.7} />
        </IconButton>
      </header>
      <div className={`scroll ${classes.body}`} tabIndex={0} role="group" aria-label={title}>
        {children}
      </div>
      {footer && <footer className={classes.footer}>{footer}</footer>}
    </aside>
  );
}
