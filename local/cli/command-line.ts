import path from 'node:path';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { StageInUse } from '../stage-lock.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** A mistake of the person at the keyboard; its message is all that they need to read. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses a command's options and words. Throws UsageError with the command's usage. */
export function readArguments<Options extends ParseArgsOptionsConfig>(options: Options, usage: string) {
  try {
    return parseArgs({ args: process.argv.slice(2), options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n${usage}`);
  }
}

/** Parses the options of a command that takes no words. Throws UsageError with the command's usage. */
export function readOptions<Options extends ParseArgsOptionsConfig>(options: Options, usage: string) {
  const { values, positionals } = readArguments(options, usage);
  if (positionals.length > 0) throw new UsageError(`"${positionals.join(' ')}" is not understood.\n${usage}`);
  return values;
}

/** Reads a port, 0 to 65535. */
export function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError(`"${text}" is not a port. A port is a number from 0 to 65535.`);
  return port;
}

/** Where everything of a stage that runs here lives. */
export function stageDirectory(stage: string): string {
  return path.join(ROOT, '.manuel', stage);
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Runs a command: a mistake or a foreseen obstacle ends it with one sentence, anything else with its stack. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 1;
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UsageError || error instanceof StageInUse) return error.message;
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is taken. Choose another with --port, or 0 for any that is free.`;
  if (code === 'ENOSPC') return `The disk is full: ${error.message}`;
  return process.env['MANUEL_DEBUG'] ? (error.stack ?? error.message) : error.message;
}
