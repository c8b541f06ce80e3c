import type { RequestContext } from '../platform/graphql/request-context';
import { mapStream } from '../platform/stream';
import { createRun, type Execution, finishRun, openStream, toCalled } from './execute';
import type { Answer } from './execution/answer';
import type { Deadline } from './execution/deadline';
import type { Run } from './execution/run';
import type { SubgraphResult } from './links/link';
import type { PreparedOperation } from './operation';

/** A subscription to be opened for one caller. */
export interface SubscriptionRequest {
  readonly prepared: PreparedOperation;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The context of opening it, and of each event: each is a request of its own, with an instant of its own. */
  newContext(): RequestContext;
  newDeadline(context: RequestContext): Deadline;
}

/**
 * Opens a stream at the subgraph that owns the root field; what others know is added to each event. The answer instead
 * of a stream says why there is none. Never fails.
 */
export async function subscribeToOperation(
  execution: Execution,
  request: SubscriptionRequest,
): Promise<AsyncIterableIterator<Answer> | Answer> {
  const { prepared, variables } = request;
  const { subscription } = prepared;
  const context = request.newContext();
  const deadline = request.newDeadline(context);
  try {
    if (!subscription) return refuse(prepared, createRun(execution, { variables, context, deadline }));
    const share = execution.shared.shareOf(prepared, variables, context);
    const call = { ...subscription.call({ variables }), context, share };
    return mapStream<SubgraphResult, Answer>(
      await openStream(execution, subscription.service, call, deadline),
      (result) => execution.shared.answer(result, () => answerEvent(execution, request, result)),
      (error) => broken(execution, subscription.service, error),
    );
  } catch (error) {
    return broken(execution, subscription?.service, error);
  } finally {
    deadline.clear();
  }
}

function broken({ formatError }: Execution, service: string | undefined, error: unknown): Answer {
  const formatted = formatError(error);
  return { errors: [{ ...formatted, extensions: { ...formatted.extensions, service } }] };
}

/** Nothing of the subscription may be read: what a run without calls says of it. */
function refuse(prepared: PreparedOperation, run: Run): Answer {
  const { errors = [] } = finishRun(prepared, run);
  return { errors };
}

async function answerEvent(
  execution: Execution,
  { prepared, variables, newContext, newDeadline }: SubscriptionRequest,
  result: SubgraphResult,
): Promise<Answer> {
  const context = newContext();
  const deadline = newDeadline(context);
  try {
    const run = createRun(execution, { variables, context, deadline });
    prepared.subscription?.write(run, toCalled(result, execution.formatError), [run.data]);
    await prepared.subscription?.complete?.(run);
    return finishRun(prepared, run);
  } finally {
    deadline.clear();
  }
}
