import type { Clock } from '../platform/clock';
import { AppError } from '../platform/errors';
import type { RequestContext } from '../platform/graphql/request-context';
import type { Authorize, Caller, Callers, RequestFacts } from './context';
import { type Execution, executeOperation } from './execute';
import type { Answer } from './execution/answer';
import { createDeadline } from './execution/deadline';
import type { Operation, Refused, Variables } from './operation';
import type { Operations } from './operations';
import { ALL_RIGHTS, rightsOf } from './rights';
import { subscribeToOperation } from './subscribe';

/** One question, as every lane hands it on. */
export interface Question {
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables?: Variables | undefined;
}

/** Answers the questions of known callers, whatever lane they came by. */
export interface Answering {
  /** The operation with the caller's rights, or why it is refused. */
  read(question: Question, caller: Caller): Operation | Refused;
  /** Runs a query or a mutation that was read for this caller. Never fails. */
  run(
    operation: Operation,
    variables: Variables | undefined,
    caller: Caller,
    facts: RequestFacts | undefined,
  ): Promise<Answer>;
  /** Answers a query or a mutation. Never fails. */
  answer(question: Question, caller: Caller, facts?: RequestFacts): Promise<Answer>;
  /** The stream of a subscription; the one answer of anything else, or of a subscription that is refused. Never fails. */
  subscribe(question: Question, caller: Caller, facts?: RequestFacts): Promise<AsyncIterableIterator<Answer> | Answer>;
}

export interface AnsweringOptions {
  readonly execution: Execution;
  readonly operations: Operations;
  readonly callers: Callers;
  readonly clock: Clock;
  readonly authorize: Authorize;
}

/** One way to answer for all lanes: rights, context, deadline, execution. */
export function createAnswering({ execution, operations, callers, clock, authorize }: AnsweringOptions): Answering {
  const read: Answering['read'] = ({ query, operationName }, { scope }) =>
    operations.get(query, operationName, authorize === 'keys' ? rightsOf(scope) : ALL_RIGHTS);
  const newDeadline = ({ nowMs, deadlineAtMs }: RequestContext) =>
    createDeadline(clock, deadlineAtMs, (nowMs + deadlineAtMs) / 2);
  const run: Answering['run'] = async (operation, variables = {}, caller, facts) => {
    if (operation.kind === 'subscription') return { errors: [execution.formatError(notAStream())] };
    const preparing = operation.prepare(variables);
    const prepared = preparing instanceof Promise ? await preparing : preparing;
    if ('errors' in prepared) return prepared;
    const context = callers.newContext(caller, operation.kind, facts);
    const deadline = newDeadline(context);
    try {
      return await executeOperation(execution, { prepared, variables, context, deadline });
    } finally {
      deadline.clear();
    }
  };
  return {
    read,
    run,
    async answer(question, caller, facts) {
      const operation = read(question, caller);
      return 'errors' in operation ? operation : run(operation, question.variables, caller, facts);
    },
    async subscribe(question, caller, facts) {
      const operation = read(question, caller);
      if ('errors' in operation) return operation;
      if (operation.kind !== 'subscription') return run(operation, question.variables, caller, facts);
      const { variables = {} } = question;
      const prepared = await operation.prepare(variables);
      if ('errors' in prepared) return prepared;
      const newContext = () => callers.newContext(caller, 'subscription', facts);
      return subscribeToOperation(execution, { prepared, variables, newContext, newDeadline });
    },
  };
}

function notAStream(): AppError {
  return new AppError('BAD_USER_INPUT', 'A subscription is a stream: ask for it over the web socket, by graphql-ws.');
}
