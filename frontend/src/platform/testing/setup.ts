import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

// Waiting ends as soon as the condition holds; a busy machine is slow, not wrong.
configure({ asyncUtilTimeout: 5000 });

// What jsdom lacks and the component library asks for.
const nothing = () => undefined;

window.matchMedia = (query: string) => {
  const list = { matches: false, media: query, onchange: null, addEventListener: nothing, removeEventListener: nothing, dispatchEvent: () => false };
  return list as unknown as MediaQueryList;
};

class NoResize implements ResizeObserver {
  observe = nothing;
  unobserve = nothing;
  disconnect = nothing;
}
window.ResizeObserver = NoResize;

Element.prototype.scrollIntoView = nothing;
window.scrollTo = nothing;
Object.defineProperty(document, 'fonts', { value: { addEventListener: nothing, removeEventListener: nothing } });

afterEach(cleanup);
