import type { Permission } from './permission.ts';
import type { Principal } from './principal.ts';

/** Decides what principals may do. What services do among themselves passes through it as calls from outside do. */
export interface AccessControl {
  /** Throws the refusal in the words of the service whose action it is, and reports it, unless the principal may. */
  require(principal: Principal, permission: Permission): void;
}
