import type { TemplateResource } from '../platform/service.ts';

interface PermissionProperties {
  readonly FunctionName: string;
  readonly Action: string;
  readonly Principal: string;
  readonly SourceArn?: string;
  readonly SourceAccount?: string;
}

/** The resource policies of functions: each `AWS::Lambda::Permission` is a statement of its function's. */
export class ResourcePermissions {
  readonly #documents = new Map<string, object>();
  readonly #statements = new Map<string, object[]>();

  add({ properties, logicalId }: TemplateResource, functionArn: string): void {
    const statement = statementOf(properties as unknown as PermissionProperties, logicalId, functionArn);
    const statements = [...(this.#statements.get(functionArn) ?? []), statement];
    this.#statements.set(functionArn, statements);
    this.#documents.set(functionArn, { Version: '2012-10-17', Id: 'default', Statement: statements });
  }

  /** The policy document of a function, if there is one. */
  policyOf(functionArn: string): object | undefined {
    return this.#documents.get(functionArn);
  }

  all(): Iterable<[functionArn: string, document: object]> {
    return this.#documents;
  }
}

/** As AddPermission writes it (https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html). */
function statementOf(
  { Action, Principal, SourceArn, SourceAccount }: PermissionProperties,
  logicalId: string,
  functionArn: string,
): object {
  const condition = {
    ...(SourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': SourceArn } }),
    ...(SourceAccount !== undefined && { StringEquals: { 'AWS:SourceAccount': SourceAccount } }),
  };
  return {
    Sid: logicalId,
    Effect: 'Allow',
    Principal: Principal.endsWith('.amazonaws.com') ? { Service: Principal } : Principal === '*' ? '*' : { AWS: Principal },
    Action,
    Resource: functionArn,
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  };
}
