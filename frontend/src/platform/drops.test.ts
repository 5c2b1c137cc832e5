import { createEvent, fireEvent } from '@testing-library/react';
import { expect, test } from 'vitest';
import { refuseStrayDrops } from './drops';

refuseStrayDrops(window);

test.each(['dragOver', 'drop'] as const)('%s: files beside a place that takes them are refused, text goes its way', (kind) => {
  const dropEffect = (types: string[], taken: boolean) => {
    const place = document.body.appendChild(document.createElement('div'));
    if (taken) place.addEventListener(kind.toLowerCase(), (event) => event.preventDefault());
    const dataTransfer = { types, dropEffect: 'copy' };
    const event = createEvent[kind](place, { dataTransfer });
    fireEvent(place, event);
    place.remove();
    return [event.defaultPrevented, (event as DragEvent).dataTransfer?.dropEffect];
  };
  expect(dropEffect(['Files'], false)).toEqual([true, 'none']);
  expect(dropEffect(['Files'], true)).toEqual([true, 'copy']);
  expect(dropEffect(['text/plain'], false)).toEqual([false, 'copy']);
});
