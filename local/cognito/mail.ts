import type { Clock } from '../platform/clock.ts';
import type { CodeOperation, Outbox } from './outbox.ts';
import type { UserPool } from './user-pool.ts';

/** How an operation answers that a code was sent, the address masked. */
interface CodeDelivery {
  readonly AttributeName: 'email';
  readonly DeliveryMedium: 'EMAIL';
  readonly Destination: string;
}

/** Words the mail that a pool sends, by its templates, and puts it into the outbox. */
export class Mail {
  readonly #outbox: Outbox;
  readonly #clock: Clock;

  constructor(outbox: Outbox, clock: Clock) {
    this.#outbox = outbox;
    this.#clock = clock;
  }

  sendCode(pool: UserPool, email: string, operation: CodeOperation, code: string): CodeDelivery {
    const { VerificationMessageTemplate: template, EmailVerificationMessage, EmailVerificationSubject } = pool.properties;
    this.#outbox.send({
      userPoolId: pool.id,
      recipient: email,
      operation,
      code,
      subject: template.EmailSubject ?? EmailVerificationSubject ?? 'Your verification code',
      body: (template.EmailMessage ?? EmailVerificationMessage ?? 'Your confirmation code is {####}').replaceAll('{####}', code),
      sentAtMs: this.#clock.now(),
    });
    return codeDelivery(email);
  }

  sendInvitation(pool: UserPool, email: string, temporaryPassword: string): void {
    const template = pool.properties.AdminCreateUserConfig.InviteMessageTemplate;
    const text = template.EmailMessage ?? 'Your username is {username} and temporary password is {####}.';
    this.#outbox.send({
      userPoolId: pool.id,
      recipient: email,
      operation: 'AdminCreateUser',
      code: temporaryPassword,
      subject: template.EmailSubject ?? 'Your temporary password',
      body: text.replaceAll('{username}', () => email).replaceAll('{####}', () => temporaryPassword),
      sentAtMs: this.#clock.now(),
    });
  }
}

/** The answer that a code went to that address, whether or not one did. */
export function codeDelivery(email: string): CodeDelivery {
  const [name = '', domain = ''] = email.split('@');
  return { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: `${name.charAt(0)}***@${domain.charAt(0)}***` };
}
