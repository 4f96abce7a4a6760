import { AwsError, notEmulated } from '../platform/call.ts';

/**
 * The function that a name, an ARN or the end of an ARN means, with or without the qualifier `$LATEST`
 * (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). Versions and aliases are not emulated.
 */
export function functionNameOf(nameOrArn: string): string {
  const [, name, qualifier] = /^(?:(?:arn:aws:lambda:[\w-]+:)?\d{12}:function:)?([\w-]+)(?::([\w$-]+))?$/.exec(nameOrArn) ?? [];
  if (!name) throw new AwsError('ValidationException', `"${nameOrArn}" is neither the name nor the ARN of a function.`);
  if (qualifier !== undefined && qualifier !== '$LATEST') throw notEmulated(`versions and aliases of functions (${nameOrArn})`);
  return name;
}
