/** Keeps the page: a file that is dropped where nothing takes it would be opened in its place. */
export function refuseStrayDrops(target: Window): void {
  const refuse = (event: DragEvent) => {
    // Who takes files has said so by now: the event reaches the window last.
    if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'none';
  };
  target.addEventListener('dragover', refuse);
  target.addEventListener('drop', refuse);
}
