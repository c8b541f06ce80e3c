import { registerEnumType } from 'type-graphql';

/** Whether a person is in a segment, or was and is no more. */
export const MembershipStatus = { REALIZED: 'REALIZED', EXITED: 'EXITED' } as const;
export type MembershipStatus = (typeof MembershipStatus)[keyof typeof MembershipStatus];

registerEnumType(MembershipStatus, {
  name: 'MembershipStatus',
  description: 'Whether a person is in a segment, or was and is no more.',
});
