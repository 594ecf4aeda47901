/** Brings addresses into one form, whatever form their source prints. */

/** Turns ::ffff:a.b.c.d, an IPv6 socket's form of an IPv4 address, into a.b.c.d. Other addresses are unchanged. */
export const plainAddress = (address: string): string =>
  address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
