import * as z from 'zod';
import { notEmulated } from '../platform/call.ts';
import type { InspectedRequest } from '../platform/firewall.ts';
import type { Address, IpSet } from './ip-set.ts';
import { compileByteMatch, compileRegexMatch } from './text-match.ts';

/** A request on its way through the rules. */
interface Inspection {
  readonly request: InspectedRequest;
  readonly address: Address;
  readonly nowMs: number;
  /** What rules that matched have put on, in full. */
  readonly labels: Set<string>;
}

export type Matches = (inspection: Inspection) => boolean;
/** The IP set of an ARN. Throws when there is none. */
export type IpSets = (arn: string) => IpSet;

const statementMap = z.record(z.string(), z.unknown());
/** AWS wants two at least of each (https://docs.aws.amazon.com/waf/latest/APIReference/API_AndStatement.html). */
const several = z.strictObject({ Statements: z.array(statementMap).min(2) });
const one = z.strictObject({ Statement: statementMap });
const ipSetReference = z.strictObject({ Arn: z.string() });
const labelMatch = z.strictObject({ Scope: z.literal('LABEL'), Key: z.string() });

const STATEMENTS: Readonly<Record<string, (statement: unknown, sets: IpSets) => Matches>> = {
  AndStatement: (statement, sets) => {
    const all = several.parse(statement).Statements.map((part) => compileStatement(part, sets));
    return (inspection) => all.every((matches) => matches(inspection));
  },
  OrStatement: (statement, sets) => {
    const any = several.parse(statement).Statements.map((part) => compileStatement(part, sets));
    return (inspection) => any.some((matches) => matches(inspection));
  },
  NotStatement: (statement, sets) => {
    const matches = compileStatement(one.parse(statement).Statement, sets);
    return (inspection) => !matches(inspection);
  },
  IPSetReferenceStatement: (statement, sets) => {
    const set = sets(ipSetReference.parse(statement).Arn);
    return ({ address }) => set.has(address);
  },
  ByteMatchStatement: (statement) => {
    const matches = compileByteMatch(statement);
    return ({ request }) => matches(request);
  },
  RegexMatchStatement: (statement) => {
    const matches = compileRegexMatch(statement);
    return ({ request }) => matches(request);
  },
  LabelMatchStatement: (statement) => {
    const { Key: key } = labelMatch.parse(statement);
    return ({ labels }) => [...labels].some((label) => label === key || label.endsWith(`:${key}`));
  },
};

/** Throws what is wrong with a statement, and refuses by its name one that is not emulated. */
export function compileStatement(statement: Readonly<Record<string, unknown>>, sets: IpSets): Matches {
  const [[name = '', content] = [], ...others] = Object.entries(statement);
  if (others.length > 0) throw new Error(`a statement is of one kind, and this one of ${Object.keys(statement).join(', ')}`);
  const compile = Object.hasOwn(STATEMENTS, name) ? STATEMENTS[name] : undefined;
  if (!compile) throw notEmulated(`WAF's ${name || 'empty statement'}`);
  return compile(content, sets);
}
