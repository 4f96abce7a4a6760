import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnManagedLoginBranding,
  ClientAttributes,
  FeaturePlan,
  ManagedLoginVersion,
  Mfa,
  OAuthScope,
  PasskeyUserVerification,
  UserPool,
  type UserPoolClient,
  type UserPoolClientOptions,
  UserPoolEmail,
  type UserPoolProps,
  VerificationEmailStyle,
} from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';
import { acknowledge } from '../platform/compliance.ts';
import type { StageConfig } from '../stage-config.ts';

/** What a person may say about themselves. Whether an address is theirs is for Cognito to find out. */
const PROFILE = { email: true, fullname: true, locale: true } as const;
/** Cognito's longest: a client whose answer got lost asks again with the token that was just replaced. */
const ROTATION_GRACE = Duration.seconds(60);
/** Cognito sends the same text for a new account, a new address and a forgotten password. */
const CODE_MAIL = {
  emailStyle: VerificationEmailStyle.CODE,
  emailSubject: 'Your code for Manuel',
  emailBody:
    'Your code for Manuel is {####}. Enter it where Manuel asks for it, and tell it to nobody. If you did not ask for a code, you need do nothing.',
};
const INVITATION = {
  emailSubject: 'Your account with Manuel',
  emailBody:
    'You can now ask Manuel about the manuals of the things you own. Sign in as {username} with the temporary password {####}, which you replace by one of your own.',
};

export interface CognitoStackProps extends StackProps {
  readonly config: StageConfig;
}

/**
 * Who may sign in, and by which client: by password, and by an authenticator app as well if they like. A passkey belongs to a domain
 * (its relying party), so there are passkeys, like OAuth and the pages for both, only where the stage names one.
 */
export class CognitoStack extends Stack {
  readonly userPool: UserPool;
  readonly userPoolClient: UserPoolClient;

  constructor(scope: Construct, id: string, { config, ...props }: CognitoStackProps) {
    super(scope, id, props);
    this.userPool = new UserPool(this, 'UserPool', {
      signInAliases: { email: true },
      // Cannot be changed later.
      signInCaseSensitive: false,
      selfSignUpEnabled: config.selfSignUp,
      autoVerify: { email: true },
      // A new address replaces the old one once it is verified; a typing error locks nobody out.
      keepOriginal: { email: true },
      userVerification: CODE_MAIL,
      userInvitation: INVITATION,
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { sms: false, otp: true },
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: false,
        tempPasswordValidity: Duration.days(7),
        passwordHistorySize: 5,
      },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      email: sender(config),
      ...passkeys(config),
      featurePlan: FeaturePlan.ESSENTIALS,
      deletionProtection: config.retainData,
      removalPolicy: config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.userPoolClient = this.userPool.addClient('Client', {
      // Passkeys are one of the factors that a user may choose from.
      authFlows: { userSrp: true, user: config.signInDomain !== undefined },
      ...oAuth(config),
      generateSecret: false,
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.hours(config.accessTokenHours),
      idTokenValidity: Duration.hours(config.accessTokenHours),
      refreshTokenValidity: Duration.days(config.refreshTokenDays),
      refreshTokenRotationGracePeriod: ROTATION_GRACE,
      readAttributes: new ClientAttributes().withStandardAttributes({ ...PROFILE, emailVerified: true }),
      writeAttributes: new ClientAttributes().withStandardAttributes(PROFILE),
    });
    acknowledge(
      this.userPool,
      'AwsSolutions-COG1',
      'Length counts, and rules for symbols make passwords no better (NIST SP 800-63B); it is 12 here.',
    );
    acknowledge(
      this.userPool,
      'AwsSolutions-COG2',
      'These are people at home with their own manuals: a second factor is theirs to choose.',
    );
    acknowledge(
      this.userPool,
      'AwsSolutions-COG8',
      'Plus is $0.02 per user and month, from the first one on; failed sign-ins are limited without it.',
    );
    if (config.signInDomain) this.addSignInPages(config.signInDomain.prefix);
    new CfnOutput(this, 'UserPoolId', { value: this.userPool.userPoolId });
    new CfnOutput(this, 'UserPoolClientId', { value: this.userPoolClient.userPoolClientId });
  }

  private addSignInPages(domainPrefix: string): void {
    const pages = this.userPool.addDomain('SignInPages', {
      cognitoDomain: { domainPrefix },
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    });
    // Without a style of theirs the pages are not shown.
    new CfnManagedLoginBranding(this, 'SignInStyle', {
      userPoolId: this.userPool.userPoolId,
      clientId: this.userPoolClient.userPoolClientId,
      useCognitoProvidedValues: true,
    });
    new CfnOutput(this, 'SignInUrl', { value: pages.baseUrl() });
  }
}

function sender({ emailSender, region }: StageConfig): UserPoolEmail | undefined {
  return emailSender === undefined ? undefined : UserPoolEmail.withSES({ fromEmail: emailSender, fromName: 'Manuel', sesRegion: region });
}

function passkeys({ signInDomain, region }: StageConfig): Partial<UserPoolProps> {
  if (!signInDomain) return {};
  return {
    signInPolicy: { allowedFirstAuthFactors: { password: true, passkey: true } },
    passkeyRelyingPartyId: `${signInDomain.prefix}.auth.${region}.amazoncognito.com`,
    passkeyUserVerification: PasskeyUserVerification.REQUIRED,
  };
}

function oAuth({ signInDomain }: StageConfig): Partial<UserPoolClientOptions> {
  if (!signInDomain) return { disableOAuth: true };
  const { callbackUrls, logoutUrls } = signInDomain;
  // The last scope is what the API asks of a token.
  const scopes = [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.COGNITO_ADMIN];
  return { oAuth: { flows: { authorizationCodeGrant: true }, scopes, callbackUrls: [...callbackUrls], logoutUrls: [...logoutUrls] } };
}
