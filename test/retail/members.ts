import type { Attune } from '../../app/attune';

const MEMBERS = `query ($id: ID!, $after: String) {
  segment(id: $id) {
    members(first: 500, after: $after) {
      edges { node { identities { namespace value } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

interface Page {
  readonly edges: readonly { readonly node: { readonly identities: readonly { readonly value: string }[] } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** The customer numbers of who is in a segment, as the graph tells them page by page. */
export async function membersOf({ execute, adminKey }: Attune, id: string): Promise<ReadonlySet<string>> {
  const members = new Set<string>();
  for (let after: string | null = null; ; ) {
    const { data, errors } = await execute({ query: MEMBERS, variables: { id, after }, key: adminKey });
    if (errors) throw new Error(`The members of ${id} cannot be read: ${JSON.stringify(errors[0])}`);
    const { edges, pageInfo }: Page = (data as { segment: { members: Page } }).segment.members;
    for (const { node } of edges) for (const { value } of node.identities) members.add(value);
    if (!pageInfo.hasNextPage) return members;
    after = pageInfo.endCursor;
  }
}
