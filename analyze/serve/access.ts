/**
 * Who may ask. A request needs the token that is in the URL, and must name this server as its host: a page of another
 * site can make a browser send requests here, under a name that it controls, but can know neither.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** 128 random bits, as text that is the same in a URL. */
export const newToken = (): string => randomBytes(16).toString("base64url");

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Why a request is refused: a status and one line. */
export interface Refusal {
  readonly status: number;
  readonly why: string;
}

export class Access {
  readonly #token: Buffer;
  readonly #isLoopback: boolean;
  readonly #port: number;

  constructor(token: string, address: string, port: number) {
    this.#token = digestOf(token);
    this.#isLoopback = isLoopback(address);
    this.#port = port;
  }

  /** Null where the request's host and origin are this server. */
  refusal({ headers }: IncomingMessage): Refusal | null {
    const { host = "", origin } = headers;
    if (!this.#isOwn(host)) return { status: 403, why: "the request names another host than this server" };
    if (origin !== undefined && origin !== `http://${host}`)
      return { status: 403, why: "the request comes from a page of another site" };
    const site = headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none")
      return { status: 403, why: "the request comes from a page of another site" };
    return null;
  }

  /** Compares in constant time, whatever the length. */
  isToken(text: string): boolean {
    return timingSafeEqual(digestOf(text), this.#token);
  }

  /** A name can be made to lead here by whoever owns it (DNS rebinding); an address cannot. */
  #isOwn(host: string): boolean {
    const [, name = "", port = "80"] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(host) ?? [];
    if (Number(port) !== this.#port) return false;
    const address = name.replace(/^\[(.*)\]$/, "$1");
    if (name.toLowerCase() === "localhost") return true;
    return isIP(address) !== 0 && (!this.#isLoopback || isLoopback(address));
  }
}

/** Whether only this machine can reach the address. */
export const isLoopback = (address: string): boolean =>
  address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
