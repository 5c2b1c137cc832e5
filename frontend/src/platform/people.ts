// Everybody of the team by id: many screens show someone of whom they only have the id and the name.

import { queryOptions, useQuery } from '@tanstack/react-query';
import { peopleApi } from './api';
import type { Person } from './api';

export type People = ReadonlyMap<string, Person>;

export const peopleQuery = queryOptions({
  queryKey: ['people'],
  queryFn: peopleApi.all,
  select: (list): People => new Map(list.map((person) => [person.userId, person])),
});

const NOBODY: People = new Map();

/** Empty until it is read. */
export function usePeople(): People {
  return useQuery(peopleQuery).data ?? NOBODY;
}

/** A picture of this name never changes. */
const pictureQuery = (userId: string, picture: string) =>
  queryOptions({ queryKey: ['picture', userId, picture], queryFn: () => peopleApi.picture(userId), staleTime: Infinity, retry: false });

/** The photograph of someone as a data URL; undefined while there is none on this device. */
export function usePicture(userId: string): string | undefined {
  const picture = useQuery({ ...peopleQuery, select: (list) => pictureOf(list, userId) }).data ?? '';
  return useQuery({ ...pictureQuery(userId, picture), enabled: picture !== '' }).data;
}

function pictureOf(list: Person[], userId: string): string {
  const person = list.find((one) => one.userId === userId);
  return person?.pictureHere ? person.picture : '';
}

/** Colour of someone whose profile has not arrived yet: the grey one. */
const UNKNOWN_COLOUR = 8;

export function colourOf(people: People, userId: string): number {
  return people.get(userId)?.avatar ?? UNKNOWN_COLOUR;
}
