import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { IconArrowRight, IconDeviceLaptop, IconHistory, IconKey, IconLink, IconUsersPlus } from '../../../ui/icons';
import { Logo } from '../../../ui/logo';
import type { Way } from '../draft';
import classes from './welcome.module.css';

export function Welcome({ onWay }: { onWay: (way: Way) => void }) {
  const { t } = useTranslation('team');
  return (
    <div className={classes.welcome}>
      <Logo size={56} />
      <h1 className={classes.title}>{t('welcome.title')}</h1>
      <p className={classes.text}>{t('welcome.text')}</p>
      <Choice icon={<IconLink size={20} stroke={1.6} />} title={t('welcome.join')} help={t('welcome.joinHelp')} onClick={() => onWay('join')} />
      <Choice icon={<IconUsersPlus size={20} stroke={1.6} />} title={t('welcome.found')} help={t('welcome.foundHelp')} onClick={() => onWay('found')} />
      <div className={classes.member}>
        <span>{t('welcome.member')}</span>
        <button type="button" className={classes.small} onClick={() => onWay('link')}>
          <IconDeviceLaptop size={15} stroke={1.7} aria-hidden />
          {t('welcome.link')}
        </button>
        <button type="button" className={classes.small} onClick={() => onWay('recover')}>
          <IconKey size={15} stroke={1.7} aria-hidden />
          {t('welcome.recover')}
        </button>
        <button type="button" className={classes.small} onClick={() => onWay('restore')}>
          <IconHistory size={15} stroke={1.7} aria-hidden />
          {t('welcome.restore')}
        </button>
      </div>
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
