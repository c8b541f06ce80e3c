/** What the query editor opens with. */
export interface EditorOptions {
  readonly title: string;
  readonly tabs: readonly EditorTab[];
}

/** One prepared query. */
export interface EditorTab {
  readonly title: string;
  readonly query: string;
  readonly variables?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
