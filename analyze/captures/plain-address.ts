/** One form of an address, whichever its source prints. */

/** IPv4 addresses that an IPv6 socket calls ::ffff:a.b.c.d, as a.b.c.d; others as they are. */
export const plainAddress = (address: string): string =>
  address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
