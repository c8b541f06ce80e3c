const DELIMITERS = [',', ';', '\t', '|'] as const;

/** The delimiter that a line of CSV, the one that names the columns, speaks for: the first of `, ; tab |` outside quotes. */
export function guessDelimiter(line: string): string {
  const plain = line.replace(/"[^"]*"/g, '');
  return DELIMITERS.find((each) => plain.includes(each)) ?? ',';
}
