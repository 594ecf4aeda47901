/** The views a user may query; each is sql/NAME.sql, where its columns are described. */
export const viewNames = ["trace", "flows", "inflight", "goodput", "marks"] as const;
