import { AppError } from '../../../platform/errors';
import { isDefinitionId } from '../../../platform/ids';
import type { Criterion, DecisionPolicy, Eligibility, Offer, Placement, Representation } from './definitions';
import { parseDecisionRule } from './rule';

/** The refusal of an input: `path` names the field, as the caller wrote it. */
export function badInput(path: string, message: string, details: object = {}): AppError {
  return new AppError('BAD_USER_INPUT', `${path}: ${message}`, { details: { path, ...details } });
}

/** Fails with BAD_USER_INPUT where an id cannot be one: empty, longer than 200 characters, or with odd characters. */
export function checkId(id: string): void {
  if (!isDefinitionId(id)) {
    throw badInput('id', `an id has 1 to 200 characters without blanks and "|"; received "${id.slice(0, 200)}".`);
  }
}

/** Fails with BAD_USER_INPUT where a placement contradicts itself. */
export function checkPlacement({ name, channel }: Placement): void {
  if (name.trim() === '') throw badInput('name', 'a placement needs a name.');
  if (channel.trim() === '') throw badInput('channel', 'a channel is a word such as "web".');
}

/** Fails with BAD_USER_INPUT where an offer contradicts itself, or asks for what is not available yet. */
export function checkOffer(offer: Offer): void {
  if (offer.name.trim() === '') throw badInput('name', 'an offer needs a name.');
  checkDates(offer);
  if (offer.caps.length > 0) throw badInput('caps', 'caps are not available yet.');
  checkEligibility(offer.eligibility, 'eligibility');
  checkRepresentations(offer.representations);
}

/** Fails with BAD_USER_INPUT where two representations are for the same placement and language. */
export function checkRepresentations(representations: readonly Representation[]): void {
  const seen = new Set<string>();
  representations.forEach(({ placement, language = '' }, index) => {
    const key = JSON.stringify([placement, language.toLowerCase()]);
    if (seen.has(key)) {
      const spoken = language ? `language "${language}"` : 'no language';
      throw badInput(`representations.${index}`, `placement ${placement} has another one with ${spoken}.`);
    }
    seen.add(key);
  });
}

/** Fails with BAD_USER_INPUT where a policy contradicts itself, or asks for what is not available yet. */
export function checkPolicy(policy: DecisionPolicy): void {
  checkDates(policy);
  if (policy.groups.length === 0) throw badInput('groups', 'a decision policy needs at least one group.');
  policy.groups.forEach(({ criteria }, index) => {
    const path = `groups.${index}.criteria`;
    const [first] = criteria;
    if (!first) throw badInput(path, 'a group needs at least one criterion.');
    criteria.forEach((criterion, at) => {
      checkCriterion(criterion, `${path}.${at}`);
      if (criterion.ranking !== first.ranking) {
        throw badInput(`${path}.${at}.ranking`, 'the criteria of one group share one ranking method.');
      }
    });
  });
}

function checkCriterion({ ranking, formula, eligibility }: Criterion, path: string): void {
  if (ranking === 'BANDIT') throw badInput(`${path}.ranking`, 'BANDIT is not available yet.');
  if (ranking === 'FORMULA' && !formula) throw badInput(`${path}.formula`, 'ranking by FORMULA needs a formula.');
  if (ranking !== 'FORMULA' && formula) throw badInput(`${path}.formula`, 'a formula goes with the ranking FORMULA.');
  if (formula) parseDecisionRule(formula, `${path}.formula`);
  checkEligibility(eligibility, `${path}.eligibility`);
}

function checkEligibility(eligibility: Eligibility | undefined, path: string): void {
  if (eligibility?.rule) parseDecisionRule(eligibility.rule, `${path}.rule`);
}

function checkDates({ startMs, endMs }: { readonly startMs?: number; readonly endMs?: number }): void {
  if (startMs !== undefined && endMs !== undefined && endMs <= startMs) {
    throw badInput('end', `the end must be after the start; received ${new Date(endMs).toISOString()}.`);
  }
}
