/** The account that everything local lives in. fauxqs knows no other. */
export const LOCAL_ACCOUNT = '000000000000';

/** Who makes a call. Every access key stands for exactly one principal. */
export type Principal =
  /** An administrator of the account: the developer at the keyboard, the AWS CLI, a test. */
  | { readonly kind: 'operator'; readonly arn: string }
  | RolePrincipal
  | ServicePrincipal
  /** Nobody: Cognito's public operations and a form whose policy carries its own signature. */
  | { readonly kind: 'anonymous' };

/** A role, assumed by a service: a function's execution role, or that of a knowledge base. */
export interface RolePrincipal {
  readonly kind: 'role';
  readonly arn: string;
  /** For a function its name, as on AWS (https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html). */
  readonly sessionName: string;
}

/** An AWS service that acts for a resource, such as EventBridge delivering for a rule. */
interface ServicePrincipal {
  readonly kind: 'service';
  /** Such as `events.amazonaws.com`. */
  readonly name: string;
  readonly sourceArn: string;
}

export const OPERATOR: Principal = { kind: 'operator', arn: `arn:aws:iam::${LOCAL_ACCOUNT}:user/operator` };
export const ANONYMOUS: Principal = { kind: 'anonymous' };
