import { executeSync } from 'graphql';
import { AppError } from '../platform/errors';
import type { RequestContext } from '../platform/graphql/request-context';
import type { Answer, AnswerError, JsonObject } from './execution/answer';
import type { Deadline } from './execution/deadline';
import { type Cause, findHolder } from './execution/failure';
import { toResponseKey } from './execution/gathered-keys';
import type { Call, Called, Run } from './execution/run';
import type { FormatError } from './format-error';
import type { Link, SubgraphRequest, SubgraphResult } from './links/link';
import type { PreparedOperation, Variables } from './operation';
import type { SharedAnswers } from './shared-answers';
import type { Supergraph } from './supergraph';

/** What running an operation needs of the gateway. */
export interface Execution {
  readonly supergraph: Supergraph;
  readonly links: ReadonlyMap<string, Link>;
  readonly formatError: FormatError;
  /** Answers to events of subscriptions. */
  readonly shared: SharedAnswers;
}

/** One operation to be run for one caller. */
export interface OperationRequest {
  readonly prepared: PreparedOperation;
  readonly variables: Variables;
  readonly context: RequestContext;
  readonly deadline: Deadline;
}

/** Runs a query or a mutation: plan, projection, errors. Never fails. */
export async function executeOperation(execution: Execution, request: OperationRequest): Promise<Answer> {
  const { prepared } = request;
  const run = createRun(execution, request);
  if (prepared.introspection) introspect(execution, prepared, run);
  await prepared.step?.(run);
  return finishRun(prepared, run);
}

/** Begins a run with nothing gathered. */
export function createRun(
  execution: Execution,
  { variables, context, deadline }: Omit<OperationRequest, 'prepared'>,
): Run {
  return {
    data: {},
    variables,
    context,
    causes: [],
    call: (service, call) => callSubgraph(execution, service, call, context, deadline),
  };
}

/** The answer of a run that gathered all it could. */
export function finishRun(prepared: PreparedOperation, { data, causes }: Run): Answer {
  const projected = prepared.project(data);
  const hidden = causes.filter(({ reported }) => !reported).map((cause) => toHiddenError(data, cause));
  const errors = hidden.length > 0 ? [...projected.errors, ...hidden] : projected.errors;
  return errors.length > 0 ? { errors, data: projected.data } : { data: projected.data };
}

/** What went wrong without taking anything that was asked for is told at the object where it was missed. */
function toHiddenError(data: JsonObject, cause: Cause): AnswerError {
  const path = findHolder(data, cause)?.map(toResponseKey);
  return {
    message: cause.message,
    ...(path && { path }),
    extensions: cause.extensions as AnswerError['extensions'],
  };
}

/** Opens a stream at a subgraph, which must be there by the deadline. Fails with UNAVAILABLE. */
export async function openStream(
  { links }: Execution,
  service: string,
  request: SubgraphRequest,
  deadline: Deadline,
): Promise<AsyncIterableIterator<SubgraphResult>> {
  const link = links.get(service);
  if (!link) throw new AppError('UNAVAILABLE', `There is no way to the ${service} subgraph.`);
  const opening = link.subscribe(request);
  let given = false;
  try {
    const stream = await deadline.race(opening, () => late(service));
    given = true;
    return stream;
  } finally {
    if (!given) opening.then((stream) => stream.return?.()).catch(() => {});
  }
}

/** One call, as its link sees it. */
class SubgraphCall implements SubgraphRequest {
  readonly query: string;
  readonly document: SubgraphRequest['document'];
  readonly variables: SubgraphRequest['variables'];

  constructor(
    { query, document, variables }: Call,
    readonly context: RequestContext,
    private readonly deadline: Deadline,
  ) {
    this.query = query;
    this.document = document;
    this.variables = variables;
  }

  /** Made only for links that ask for it. */
  get signal(): AbortSignal {
    return this.deadline.signal;
  }
}

function callSubgraph(
  { links, formatError }: Execution,
  service: string,
  call: Call,
  context: RequestContext,
  deadline: Deadline,
): Promise<Called> {
  const link = links.get(service);
  const answered = link
    ? link.execute(new SubgraphCall(call, context, deadline))
    : Promise.reject(new AppError('UNAVAILABLE', `There is no way to the ${service} subgraph.`));
  return new Promise((resolve) => {
    const fail = (error: unknown): void => resolve({ errors: [formatError(error)] });
    deadline.watch(
      answered,
      (result) => resolve(toCalled(result, formatError)),
      fail,
      () => fail(late(service)),
    );
  });
}

/** A subgraph's answer with its errors in the form that callers see. */
export function toCalled({ data, errors }: SubgraphResult, formatError: FormatError): Called {
  return errors && errors.length > 0 ? { data, errors: errors.map(formatError) } : { data };
}

function late(service: string): AppError {
  return new AppError('UNAVAILABLE', `The ${service} subgraph did not answer in time.`);
}

function introspect({ supergraph }: Execution, { introspection }: PreparedOperation, run: Run): void {
  if (!introspection) return;
  const { data } = executeSync({ schema: supergraph.schema, document: introspection, variableValues: run.variables });
  Object.assign(run.data, data);
}
