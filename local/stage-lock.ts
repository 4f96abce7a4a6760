import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Another runtime of the same stage is running. */
export class StageInUse extends Error {
  override readonly name = 'StageInUse';
}

/** Keeps two runtimes from sharing one state folder: a file with the holder's process id, ignored once that process is gone. */
export class StageLock {
  /** The files of this process's own locks. */
  static readonly #held = new Set<string>();
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /** Throws StageInUse when another process holds the folder. */
  static acquire(directory: string, stage: string): StageLock {
    mkdirSync(directory, { recursive: true });
    const file = path.join(directory, 'lock');
    for (;;) {
      try {
        writeFileSync(file, String(process.pid), { flag: 'wx' });
        StageLock.#held.add(file);
        return new StageLock(file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const holder = Number(readFileSync(file, 'utf8'));
        // In a container a process often has the number of the one before it.
        if (holder === process.pid ? StageLock.#held.has(file) : isAlive(holder)) {
          throw new StageInUse(
            `Stage "${stage}" is running already, as process ${holder}. Stop it first: kill ${holder}. If that process is something else, remove ${file}`,
          );
        }
        rmSync(file, { force: true });
      }
    }
  }

  release(): void {
    StageLock.#held.delete(this.#file);
    rmSync(this.#file, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
