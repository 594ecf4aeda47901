/** Tells the parent process what this one has used, and lets it end. */
export function tellUsage(more: object = {}): void {
  const { user, system } = process.cpuUsage();
  process.send?.({
    ...more,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    cpuSeconds: (user + system) / 1e6,
  });
  process.disconnect?.();
}
