import { registerEnumType } from 'type-graphql';
import type { CandidateOutcome as CandidateOutcomeName } from '../domain/candidates';
import type { DecisionReason as DecisionReasonName } from '../domain/decide';
import type {
  Cap,
  ContentType as ContentTypeName,
  OfferStatus as OfferStatusName,
  RankingMethod as RankingMethodName,
} from '../domain/definitions';

type Names<T extends string> = { readonly [K in T]: K };

export const ContentType: Names<ContentTypeName> = { HTML: 'HTML', JSON: 'JSON', TEXT: 'TEXT', IMAGE_URL: 'IMAGE_URL' };
registerEnumType(ContentType, { name: 'ContentType', description: 'What the content of a placement is.' });

export const OfferStatus: Names<OfferStatusName> = { DRAFT: 'DRAFT', APPROVED: 'APPROVED', ARCHIVED: 'ARCHIVED' };
registerEnumType(OfferStatus, { name: 'OfferStatus', description: 'Only what is APPROVED is ever shown.' });

export const RankingMethod: Names<RankingMethodName> = { PRIORITY: 'PRIORITY', FORMULA: 'FORMULA', BANDIT: 'BANDIT' };
registerEnumType(RankingMethod, { name: 'RankingMethod', description: 'What decides between offers that fit.' });

export const CapScope: Names<Cap['scope']> = { PROFILE: 'PROFILE', TOTAL: 'TOTAL' };
registerEnumType(CapScope, { name: 'CapScope', description: 'Whether a cap counts per person or in total.' });

export const CapCounts: Names<Cap['counts']> = {
  DECISION: 'DECISION',
  DISPLAY: 'DISPLAY',
  CLICK: 'CLICK',
  EVENT: 'EVENT',
};
registerEnumType(CapCounts, { name: 'CapCounts', description: 'What a cap counts.' });

export const CapUnit: Names<NonNullable<Cap['resetUnit']>> = { DAY: 'DAY', WEEK: 'WEEK', MONTH: 'MONTH' };
registerEnumType(CapUnit, { name: 'CapUnit', description: 'After what a cap begins anew, at 00:00 UTC.' });

export const DecisionReason: Names<DecisionReasonName> = {
  TARGETING_MATCH: 'TARGETING_MATCH',
  SPLIT: 'SPLIT',
  DEFAULT: 'DEFAULT',
  FALLBACK: 'FALLBACK',
  CAPPED: 'CAPPED',
  HOLDOUT: 'HOLDOUT',
  MUTUALLY_EXCLUDED: 'MUTUALLY_EXCLUDED',
  CONSENT_DENIED: 'CONSENT_DENIED',
  DISABLED: 'DISABLED',
  ERROR: 'ERROR',
};
registerEnumType(DecisionReason, {
  name: 'DecisionReason',
  description: 'Why a decision came out as it did.',
  valuesConfig: {
    TARGETING_MATCH: { description: 'The offer is for some people, and this person is one of them.' },
    DEFAULT: { description: 'The offer is open to everyone, or no decision policy is set for the placement.' },
    FALLBACK: { description: 'No offer fits, or what it takes to choose was not available.' },
    CONSENT_DENIED: {
      description: 'The person denied personalization: the fallback, with the defaults of its tokens.',
    },
    DISABLED: { description: "The placement's decision policy is switched off: its fallback is shown." },
  },
});

export const CandidateOutcome: Names<CandidateOutcomeName> = {
  CHOSEN: 'CHOSEN',
  RANKED_LOWER: 'RANKED_LOWER',
  NOT_APPROVED: 'NOT_APPROVED',
  OUTSIDE_DATES: 'OUTSIDE_DATES',
  NO_REPRESENTATION: 'NO_REPRESENTATION',
  NOT_ELIGIBLE: 'NOT_ELIGIBLE',
  CAPPED: 'CAPPED',
  DUPLICATE: 'DUPLICATE',
};
registerEnumType(CandidateOutcome, { name: 'CandidateOutcome', description: 'How it ended for one offer.' });
