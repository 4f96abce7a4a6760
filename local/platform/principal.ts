/** The account that everything local lives in. fauxqs knows no other. */
export const LOCAL_ACCOUNT = '000000000000';

/** Who makes a call. Every access key stands for exactly one principal. */
export type Principal =
  /** An administrator of the account: the developer at the keyboard, the AWS CLI, a test. */
  | { readonly kind: 'operator'; readonly arn: string }
  /** A function's execution role. */
  | { readonly kind: 'role'; readonly arn: string; readonly functionName: string }
  /** An AWS service that acts for a resource, such as EventBridge delivering for a rule. */
  | { readonly kind: 'service'; readonly name: string; readonly sourceArn: string }
  /** Nobody: Cognito's public operations and a form whose policy carries its own signature. */
  | { readonly kind: 'anonymous' };

export const OPERATOR: Principal = { kind: 'operator', arn: `arn:aws:iam::${LOCAL_ACCOUNT}:user/operator` };
export const ANONYMOUS: Principal = { kind: 'anonymous' };
