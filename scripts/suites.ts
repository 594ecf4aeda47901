/** Which suites `npm test` runs beside each other. */

/** Suites that neither make traffic nor boot a kernel nor drive a browser: two of them at a time. */
export const quiet: readonly string[] = [
  "tpp/**",
  "analyze/test/*.test.ts",
  "analyze/test/!(serve|report)/**",
  "test/@(properties|same-bytes|same-rows|mutants)/**",
];

/** The others, one by one, because they would disturb each other. */
export const alone: readonly string[] = [
  "analyze/test/@(serve|report)/**",
  "capture/**",
  "kmod/**",
  "notebooks/**",
  "test/!(properties|same-bytes|same-rows|mutants)/**",
];
