import { startChanged } from '../support/changed-sources.ts';

test.each([
  ['no longer holds', 'nothing that is there'],
  ['holds more than once', 'user'],
])('a mutation whose file %s what it replaces is refused', async (complaint, find) => {
  const file = 'lambdas/shared/caller.ts';
  const started = startChanged([{ file, find, replace: '' }]).then((runtime) => runtime.stop());
  await expect(started).rejects.toThrow(`${file} ${complaint} what the edit replaces: ${find}`);
});
