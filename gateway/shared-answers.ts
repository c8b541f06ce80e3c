import { LRUCache } from 'lru-cache';
import type { RequestContext } from '../platform/graphql/request-context';
import type { Answer } from './execution/answer';
import type { SubgraphResult } from './links/link';
import type { PreparedOperation, Variables } from './operation';

/** Answers to events, made once for all subscribers who are told the same about them. */
export interface SharedAnswers {
  /** The same object for subscribers who are told the same of every event. */
  shareOf(prepared: PreparedOperation, variables: Variables, context: RequestContext): object;
  /** The answer to one result of a link, which is the same object for those who share. It is not to be written into. */
  answer(result: SubgraphResult, make: () => Promise<Answer>): Promise<Answer> | Answer;
}

const SHARES_KEPT = 256;

/** Nothing shared yet. */
export function createSharedAnswers(): SharedAnswers {
  const shares = new WeakMap<PreparedOperation, LRUCache<string, object>>();
  const answers = new WeakMap<SubgraphResult, Promise<Answer> | Answer>();
  return {
    shareOf(prepared, variables, context) {
      const known = shares.get(prepared) ?? new LRUCache<string, object>({ max: SHARES_KEPT });
      shares.set(prepared, known);
      const key = toKey(prepared, variables, context);
      const share = known.get(key) ?? {};
      known.set(key, share);
      return share;
    },
    answer(result, make) {
      const known = answers.get(result);
      if (known) return known;
      const made = make();
      answers.set(result, made);
      made.then(
        (answer) => answers.set(result, answer),
        () => {},
      );
      return made;
    },
  };
}

/**
 * Whatever an answer may depend on beside the event, the instant and the operation itself, which stands for the caller's
 * rights too: sandbox, scope, facts of the request, variables. One that is absent takes its default, and null is a value.
 */
function toKey({ eventVariables }: PreparedOperation, variables: Variables, context: RequestContext): string {
  const { requestId: _, nowMs: __, deadlineAtMs: ___, ...who } = context;
  return JSON.stringify([who, eventVariables.map((name) => (variables[name] === undefined ? [] : [variables[name]]))]);
}
