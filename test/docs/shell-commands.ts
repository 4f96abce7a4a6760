/** One command of a shell script: its program and what it is given, as far as that is written there. */
export interface ShellCommand {
  readonly program: string;
  readonly words: readonly string[];
}

/** What may stand before a command, or by itself. */
const KEYWORDS = new Set(['until', 'while', 'if', 'then', 'else', 'do', 'done', 'fi', 'for', '!', '{', '}', '(', ')']);
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const FUNCTION = /^[A-Za-z_]\w*\(\)$/;

/**
 * The commands of a script, those within others and within functions too. Reads what people write in pages: quotes, pipes, lists,
 * continued lines, comments and `$(…)`, no here-documents.
 */
export function commandsIn(script: string): ShellCommand[] {
  return new Reader(script.replaceAll('\\\n', ' ')).commands().filter(({ program }) => program !== '');
}

class Reader {
  readonly #text: string;
  #at = 0;
  readonly #found: ShellCommand[] = [];
  #words: string[] = [];
  #word: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  commands(): ShellCommand[] {
    while (this.#at < this.#text.length) this.#read();
    this.#endCommand();
    return this.#found;
  }

  #read(): void {
    const character = this.#text[this.#at] ?? '';
    const isSubstitution = this.#text.startsWith('$(', this.#at);
    const isTest = this.#words[0] === '[[' && this.#word !== ']]' && !this.#words.includes(']]');
    if (!isSubstitution) this.#at += 1;
    if (isSubstitution) this.#substitution();
    else if (character === "'") this.#append(this.#until("'"));
    else if (character === '"') this.#quoted();
    else if (character === '#' && this.#word === undefined) {
      this.#until('\n');
      this.#endCommand();
    } else if (/\s/.test(character) && character !== '\n') this.#endWord();
    else if (/[\n;|&]/.test(character) && !isTest) this.#endCommand();
    else this.#append(character);
  }

  #quoted(): void {
    this.#append('');
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      if (this.#text.startsWith('$(', this.#at)) this.#substitution();
      else {
        if (this.#text[this.#at] === '\\') this.#at += 1;
        this.#append(this.#text[this.#at] ?? '');
        this.#at += 1;
      }
    }
    this.#at += 1;
  }

  /** Its commands are commands too; what they print nobody knows. */
  #substitution(): void {
    const start = this.#at + 2;
    let depth = 1;
    let end = start;
    for (; end < this.#text.length && depth > 0; end += 1) {
      if (this.#text[end] === '(') depth += 1;
      if (this.#text[end] === ')') depth -= 1;
    }
    this.#found.push(...commandsIn(this.#text.slice(start, end - 1)));
    this.#at = end;
    this.#append('$()');
  }

  #until(mark: string): string {
    const found = this.#text.indexOf(mark, this.#at);
    const end = found === -1 ? this.#text.length : found;
    const text = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return text;
  }

  #append(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  #endWord(): void {
    const word = this.#word;
    this.#word = undefined;
    if (word === undefined) return;
    // Before the command there may be others' words.
    if (this.#words.length === 0 && (KEYWORDS.has(word) || ASSIGNMENT.test(word) || FUNCTION.test(word))) return;
    this.#words.push(word);
  }

  #endCommand(): void {
    this.#endWord();
    const [program = '', ...words] = this.#words;
    this.#words = [];
    this.#found.push({ program, words });
  }
}

/** The names of the functions that a script defines. */
export const functionsIn = (script: string): string[] => [...script.matchAll(/^\s*(\w+)\(\) \{/gm)].map(([, name]) => name ?? '');
