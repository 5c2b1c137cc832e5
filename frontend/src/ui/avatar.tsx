import { clsx } from 'clsx';
import { memo } from 'react';
import { usePicture } from '../platform/people';
import classes from './avatar.module.css';

interface AvatarProps {
  name: string;
  /** Whose photograph is shown, where there is one; nothing: nobody's. */
  userId?: string;
  /** 1…8, chosen by the backend so that it is the same everywhere. */
  colour: number;
  /** In px: 40 in lists, 36 in the history, 24 and less in chips. */
  size?: number;
  /** Shows the presence dot; null or nothing: not known or not of interest. */
  online?: boolean | null | undefined;
}

const HAN = /[\u4e00-\u9fff]/;
const HAN_ALL = /[\u4e00-\u9fff]/g;

/** Up to this size in px there is room for one character only. */
const SMALL = 24;

/** The last two characters of a Chinese name, else up to two initials. */
export function personInitials(name: string, size: number): string {
  const text = name.trim();
  if (HAN.test(text)) return Array.from(text).slice(size <= SMALL ? -1 : -2).join('');
  return latinInitials(text).slice(0, size <= SMALL ? 1 : 2);
}

/** The first two Chinese characters of a group's name, else up to two initials. */
export function groupInitials(name: string): string {
  const han = name.match(HAN_ALL);
  return han ? han.slice(0, 2).join('') : latinInitials(name.trim());
}

function latinInitials(text: string): string {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const first = words[0] ?? '';
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  const letters = last ? [Array.from(first)[0], Array.from(last)[0]] : Array.from(first).slice(0, 2);
  return letters.join('').toUpperCase();
}

function tile(size: number, small: boolean) {
  return { width: size, height: size, borderRadius: size * 0.28, fontSize: Math.round(size * (small ? 0.5 : 0.36)) };
}

// Plain DOM, because it stands in rows of virtual lists. The initials are drawn with attr() and so are never copied.

/** Lies over the initials once it is there. */
function Photograph({ userId }: { userId: string }) {
  const picture = usePicture(userId);
  return picture === undefined ? null : <img className={classes.photograph} src={picture} alt="" draggable={false} />;
}

/** People are solid tiles, or their photograph. */
export const Avatar = memo(function Avatar({ name, userId, colour, size = 36, online = null }: AvatarProps) {
  return (
    <span
      className={classes.tile}
      style={{ ...tile(size, size <= SMALL), background: `var(--av-${colour})` }}
      data-initials={personInitials(name, size)}
      aria-hidden
    >
      {userId !== undefined && <Photograph userId={userId} />}
      {online !== null && <i className={clsx(classes.presence, online && classes.online)} />}
    </span>
  );
});

/** Groups are soft tiles: what it is can be seen before the name is read. */
export const GroupAvatar = memo(function GroupAvatar({ name, colour, size = 40 }: Omit<AvatarProps, 'online' | 'userId'>) {
  return (
    <span
      className={clsx(classes.tile, classes.group)}
      style={{ ...tile(size, false), background: `var(--gb-${colour})`, color: `var(--gt-${colour})` }}
      data-initials={groupInitials(name)}
      aria-hidden
    />
  );
});
