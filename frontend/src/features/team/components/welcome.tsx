import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { IconArrowRight, IconLink, IconUsersPlus } from '../../../ui/icons';
import { Logo } from '../../../ui/logo';
import classes from './welcome.module.css';

interface WelcomeProps {
  onJoin: () => void;
  onFound: () => void;
}

export function Welcome({ onJoin, onFound }: WelcomeProps) {
  const { t } = useTranslation('team');
  return (
    <div className={classes.welcome}>
      <Logo size={56} />
      <h1 className={classes.title}>{t('welcome.title')}</h1>
      <p className={classes.text}>{t('welcome.text')}</p>
      <Choice icon={<IconLink size={20} stroke={1.6} />} title={t('welcome.join')} help={t('welcome.joinHelp')} onClick={onJoin} />
      <Choice icon={<IconUsersPlus size={20} stroke={1.6} />} title={t('welcome.found')} help={t('welcome.foundHelp')} onClick={onFound} />
    </div>
  );
}

interface ChoiceProps {
  icon: ReactNode;
  title: string;
  help: string;
  onClick: () => void;
}

function Choice({ icon, title, help, onClick }: ChoiceProps) {
  return (
    <button type="button" className={classes.choice} onClick={onClick}>
      <span className={classes.icon} aria-hidden>
        {icon}
      </span>
      <span className={classes.words}>
        <b>{title}</b>
        <span className={classes.help}>{help}</span>
      </span>
      <IconArrowRight size={18} stroke={1.6} aria-hidden className={classes.arrow} />
    </button>
  );
}
