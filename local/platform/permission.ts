import type { Principal } from './principal.ts';

/** One thing that must be allowed before a call goes ahead. */
export interface Permission {
  /** Such as `dynamodb:UpdateItem`. */
  readonly action: string;
  /** An ARN; `*` for an action that AWS ties to no resource. */
  readonly resource: string;
  /** Condition keys that the request itself decides, such as `s3:prefix`. */
  readonly context?: Readonly<Record<string, string>>;
  /** Who must be allowed it, when that is not the caller: a form is charged to whoever signed its policy. */
  readonly principal?: Principal;
}
