import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads `watch <pid>` and `forget <pid>`. When its input ends, whatever the reason, it kills the process groups that it still
 * watches and removes the folder that it was given. Ctrl-C in the terminal must not end it before that.
 */
const SCRIPT = `
trap '' HUP INT TERM
watched=
while read -r verb pid; do
  case $verb in
    watch) watched="$watched $pid" ;;
    forget)
      kept=
      for other in $watched; do [ "$other" = "$pid" ] || kept="$kept $other"; done
      watched=$kept ;;
  esac
done
for pid in $watched; do kill -s KILL -- "-$pid" 2>/dev/null; done
rm -rf -- "$1"
`;

/**
 * Sees to it that no execution environment outlives this process, even if that is killed and the environment is in an endless
 * loop. The guard is a small shell process that notices the end of its input, which the system closes.
 */
export class ProcessGuard {
  readonly #shell: ChildProcess;

  /** `folder` is removed in the end. */
  constructor(folder: string) {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'process-guard', folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/bin:/bin' },
      detached: true,
    });
    // Not by the guard itself is this process kept from ending.
    this.#shell.unref();
    // Without its guard the runtime still works: environments end with it unless they are in a loop.
    this.#shell.on('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
  }

  /** Takes the leader of a process group under guard. */
  watch(pid: number): void {
    this.#shell.stdin?.write(`watch ${pid}\n`);
  }

  forget(pid: number): void {
    this.#shell.stdin?.write(`forget ${pid}\n`);
  }

  async close(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.pid === undefined) return;
    this.#shell.ref();
    const closed = new Promise((resolve) => this.#shell.once('close', resolve));
    this.#shell.stdin?.end();
    await closed;
  }
}
