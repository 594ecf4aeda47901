/** Whether records are taken at functions: then also of plain sends and of timeouts. */
export const hooksFunctions = ({ hooks }: { readonly hooks: readonly string[] }): boolean =>
  hooks.some((hook) => hook.startsWith("fentry/"));
