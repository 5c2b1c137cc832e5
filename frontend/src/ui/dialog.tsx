import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './dialog.module.css';

interface DialogProps {
  opened: boolean;
  title: string;
  /** 420, 560 or 720 px. */
  size?: 'sm' | 'md' | 'lg';
  onClose: () => void;
  children: ReactNode;
  /** Buttons, the primary one last. Stays in sight while the content scrolls. */
  footer?: ReactNode;
}

/** Opacity only (ui.md §2). */
export const FADE = { transition: 'fade', duration: 120 } as const;

const WIDTH = { sm: 420, md: 560, lg: 720 };

/** For decisions and short tasks. Traps the focus and gives it back; Esc closes. */
export function Dialog({ opened, title, size = 'sm', onClose, children, footer }: DialogProps) {
  const { t } = useTranslation('ui');
  return (
    <Modal.Root opened={opened} onClose={onClose} size={WIDTH[size]} centered transitionProps={FADE}>
      <Modal.Overlay />
      <Modal.Content radius="lg" classNames={{ content: classes.content ?? '' }}>
        {/* Not Modal.Header: a <header> here would be a second banner of the page. */}
        <div className={classes.header}>
          <Modal.Title component="h2" className={classes.title}>
            {title}
          </Modal.Title>
          <Modal.CloseButton aria-label={t('close')} className={classes.close} />
        </div>
        <div className={classes.scroll}>{children}</div>
        {footer && <div className={classes.footer}>{footer}</div>}
      </Modal.Content>
    </Modal.Root>
  );
}
