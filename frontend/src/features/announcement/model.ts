// Pure helpers of announcements.

import type { Role } from '../../platform/api';

export interface Announcement {
  id: string;
  title: string;
  text: string;
  authorId: string;
  authorName: string;
  at: number;
  /** People who acknowledged it, of `total`: everybody but the author. */
  read: number;
  total: number;
  acknowledged: boolean;
  needAck: boolean;
}

export interface Draft {
  title: string;
  text: string;
  needAck: boolean;
}

export interface DraftErrors {
  title?: 'required' | 'long';
  text?: 'required' | 'long';
}

export const TITLE_MAX = 100;
export const TEXT_MAX = 10_000;

export function checkDraft(draft: Draft): DraftErrors {
  const errors: DraftErrors = {};
  const title = draft.title.trim();
  const text = draft.text.trim();
  if (!title) errors.title = 'required';
  else if (Array.from(title).length > TITLE_MAX) errors.title = 'long';
  if (!text) errors.text = 'required';
  else if (Array.from(text).length > TEXT_MAX) errors.text = 'long';
  return errors;
}

/** It waits for my confirmation: a number in the rail, because it asks for me. */
export function waitsForMe({ needAck, acknowledged }: Announcement): boolean {
  return needAck && !acknowledged;
}

/** It is new to me and asks for nothing: opening it is enough, the rail shows a dot. */
export function isNews({ needAck, acknowledged }: Announcement): boolean {
  return !needAck && !acknowledged;
}

/** The first lines for a card; paragraphs are joined so that a card stays calm. */
export function excerpt(text: string): string {
  return text.replace(/\s*\n+\s*/g, ' ').trim();
}

/** Paragraphs of the reader: blank lines separate, single line breaks stay inside. */
export function paragraphs(text: string): string[] {
  return text.split(/\n\s*\n/).map((p) => p.trim()).filter((p) => p !== '');
}

/** Publishing for the whole company is for owners and admins (R85). */
export function canPublish(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}
