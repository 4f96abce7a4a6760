import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AccountRecovery, FeaturePlan, Mfa, UserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';
import { acknowledge } from '../platform/compliance.ts';
import type { StageConfig } from '../stage-config.ts';

export interface CognitoStackProps extends StackProps {
  readonly config: StageConfig;
}

/** Who may sign in, and by which client. */
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
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { sms: false, otp: true },
      passwordPolicy: { minLength: 12, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: false },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      featurePlan: FeaturePlan.ESSENTIALS,
      deletionProtection: config.retainData,
      removalPolicy: config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.userPoolClient = this.userPool.addClient('Client', {
      authFlows: { userSrp: true },
      disableOAuth: true,
      generateSecret: false,
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.hours(config.accessTokenHours),
      idTokenValidity: Duration.hours(config.accessTokenHours),
      refreshTokenValidity: Duration.days(config.refreshTokenDays),
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
    new CfnOutput(this, 'UserPoolId', { value: this.userPool.userPoolId });
    new CfnOutput(this, 'UserPoolClientId', { value: this.userPoolClient.userPoolClientId });
  }
}
