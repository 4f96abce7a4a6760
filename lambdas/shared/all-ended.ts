/**
 * Waits for all of them, whether or not one fails, and throws what the first threw: so nothing is undone that is only being done, and
 * nothing goes on when the function has answered, frozen, and resumed in whatever the environment is given to do next.
 */
export async function allEnded(tasks: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
