import { functionNameOf } from './function-name.ts';

/** One statement of a function's resource policy, from an `AWS::Lambda::Permission`. */
export interface ResourcePermission {
  /** Such as `lambda:InvokeFunction`. */
  readonly action: string;
  /** A service such as `apigateway.amazonaws.com`, an account or an ARN. */
  readonly principal: string;
  /** May hold `*` and `?`. */
  readonly sourceArn?: string;
  readonly sourceAccount?: string;
}

/** The functions' resource policies. They are kept here; who decides about a call asks for them. */
export class ResourcePermissions {
  readonly #byFunction = new Map<string, ResourcePermission[]>();

  add(properties: Readonly<Record<string, unknown>>): void {
    const { FunctionName, Action, Principal, SourceArn, SourceAccount } = properties;
    const name = functionNameOf(String(FunctionName));
    const permission: ResourcePermission = {
      action: String(Action),
      principal: String(Principal),
      ...(SourceArn !== undefined && { sourceArn: String(SourceArn) }),
      ...(SourceAccount !== undefined && { sourceAccount: String(SourceAccount) }),
    };
    this.#byFunction.set(name, [...this.of(name), permission]);
  }

  of(functionNameOrArn: string): readonly ResourcePermission[] {
    return this.#byFunction.get(functionNameOf(functionNameOrArn)) ?? [];
  }
}
