import { useTranslation } from 'react-i18next';
import { useAppState } from '../../platform/app-state';
import { isMac } from '../../platform/machine';
import { shortcutText } from '../../platform/shortcut';
import { IconSearch } from '../../ui/icons';
import { Kbd } from '../../ui/kbd';
import { Logo } from '../../ui/logo';
import { features } from '../features';
import classes from './top-bar.module.css';

export function TopBar({ onSearch }: { onSearch: () => void }) {
  const { t } = useTranslation();
  const { teamName } = useAppState();
  const mac = isMac();
  return (
    <header className={classes.bar}>
      <div className={classes.left}>
        <span className={classes.logo}>
          <Logo />
        </span>
        <b className={classes.team}>{teamName}</b>
      </div>
      <button type="button" className={classes.search} onClick={onSearch} aria-haspopup="dialog">
        <IconSearch size={15} stroke={1.7} aria-hidden />
        <span className={classes.searchText}>{t('search.open')}</span>
        <Kbd>{shortcutText('mod+k', mac)}</Kbd>
      </button>
      <div className={classes.right}>{features.map(({ id, TopBarItem }) => TopBarItem && <TopBarItem key={id} />)}</div>
    </header>
  );
}
