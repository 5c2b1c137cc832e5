// A story is a test whose steps build on each other: when one fails, the rest would only say so again.

/**
 * Returns a function that runs the next step of the story.
 * @param {import('node:test').TestContext} t
 * @param {() => Promise<void>} onFailure keeps what can be seen at that moment
 */
export function story(t, onFailure) {
  let broken = '';
  return async (/** @type {string} */ name, /** @type {() => Promise<void>} */ step) => {
    await t.test(name, { skip: broken ? `"${broken}" failed` : false }, async () => {
      try {
        await step();
      } catch (error) {
        broken = name;
        await onFailure();
        throw error;
      }
    });
  };
}
