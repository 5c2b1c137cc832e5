/** Height of the window that tests see, and of a row in it, in px. */
const VIEW_PX = 600;
const ROW_PX = 60;

/** Gives elements a height: jsdom lays nothing out, and a virtual list without height has no rows. */
export function fakeLayout(): void {
  Object.defineProperty(HTMLElement.prototype, 'offsetHeight', {
    configurable: true,
    get(this: HTMLElement) {
      return this.hasAttribute('data-index') ? ROW_PX : VIEW_PX;
    },
  });
  Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { configurable: true, get: () => VIEW_PX });
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => VIEW_PX });
  HTMLElement.prototype.scrollTo = function scrollTo(this: HTMLElement, options?: ScrollToOptions | number) {
    this.scrollTop = typeof options === 'number' ? options : (options?.top ?? 0);
    // Browsers tell it later, in a frame of their own.
    window.setTimeout(() => this.dispatchEvent(new Event('scroll')), 0);
  };
  window.scrollTo = () => undefined;
  // The editor asks where its text stands.
  Range.prototype.getClientRects = () => Object.assign([], { item: () => null });
  Range.prototype.getBoundingClientRect = () => new DOMRect();
  document.elementFromPoint = () => null;
}
