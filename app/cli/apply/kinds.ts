/** A kind of configuration that a file may hold. */
export interface Kind {
  readonly name: string;
  /** The field that reads one by id. */
  readonly read: string;
  readonly put: string;
  readonly input: string;
  /** Where the put answers with a payload: its field that holds what was put. */
  readonly payloadField?: string;
}

/** Every kind with a put, in the order in which one may refer to those before it. */
export const KINDS: readonly Kind[] = [
  'Namespace',
  'Dataset',
  'DeviceGraph',
  'MergePolicy',
  'ComputedAttribute',
  'Segment',
  'AudienceSource',
  'Placement',
  'Offer',
  'FallbackOffer',
  'Collection',
  'DecisionPolicy',
  'Activity',
  'Destination',
].map((name) => ({
  name,
  read: name.charAt(0).toLowerCase() + name.slice(1),
  put: `put${name}`,
  input: `${name}Input`,
  ...(name === 'Segment' ? { payloadField: 'segment' } : {}),
}));

/** A segment that is sent to a destination: has no put, and comes last. */
export const ACTIVATION = 'Activation';

/** All names, in the order in which they are applied. */
export const KIND_NAMES: readonly string[] = [...KINDS.map(({ name }) => name), ACTIVATION];
