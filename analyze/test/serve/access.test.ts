/** Who may ask: the token, the host that a request names, where it comes from. */
import type { IncomingMessage } from "node:http";
import test from "ava";
import { fixture } from "../../../test/support/analyze.ts";
import { ask } from "../../../test/support/http.ts";
import { served } from "../../../test/support/served.ts";
import { Access, newToken } from "../../serve/access.ts";

const headersOf = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;

const hosts: readonly (readonly [address: string, host: string, allowed: boolean])[] = [
  ["127.0.0.1", "127.0.0.1:80", true],
  ["127.0.0.1", "localhost:80", true],
  ["127.0.0.1", "LOCALHOST:80", true],
  ["127.0.0.1", "[::1]:80", true],
  ["127.0.0.1", "127.0.0.1", true],
  ["127.0.0.1", "127.0.0.1:8080", false],
  ["127.0.0.1", "192.0.2.1:80", false],
  ["127.0.0.1", "evil.example:80", false],
  ["127.0.0.1", "127.0.0.1.evil.example:80", false],
  ["127.0.0.1", "localhost.evil.example:80", false],
  ["127.0.0.1", "evil.example:80@127.0.0.1:80", false],
  ["127.0.0.1", "", false],
  ["127.0.0.1", "127.0.0.1:80:80", false],
  ["127.0.0.1", "127.1:80", false],
  ["0.0.0.0", "192.0.2.1:80", true],
  ["0.0.0.0", "127.0.0.1:80", true],
  ["0.0.0.0", "evil.example:80", false],
  ["::", "[2001:db8::1]:80", true],
];
for (const [address, host, allowed] of hosts)
  test(`listening on ${address}, a request for ${host === "" ? "no host" : host} is ${allowed ? "" : "not "}answered`, (t) => {
    const refusal = new Access(newToken(), address, 80).refusal(headersOf({ host }));
    t.is(refusal?.status ?? null, allowed ? null : 403);
  });

test("a token is random, and only the same text is it", (t) => {
  const token = newToken();
  t.regex(token, /^[\w-]{22}$/);
  t.not(newToken(), token);
  const access = new Access(token, "127.0.0.1", 80);
  t.true(access.isToken(token));
  for (const other of ["", token.slice(1), `${token}a`, token.toLowerCase(), newToken()])
    t.false(access.isToken(other));
});

test("without the token, or for another host, nothing of a capture is answered", async (t) => {
  const { url } = await served(t, [fixture("kmod-loss")]);
  const { port, pathname } = new URL(url);
  t.is((await ask(url)).status, 200);
  t.is((await ask(`${url}model`)).status, 200);
  const wrong = pathname.replace(/\w/g, (one) => (one === "a" ? "b" : "a"));
  for (const path of ["/", "/model", wrong, `${wrong}model`, pathname.slice(0, -2), `/${pathname}`, "//model", "*"]) {
    const { status, text } = await ask(url, { path });
    t.is(status, 403, path);
    t.is(text, "the address lacks the token. Use the whole line that analyze serve printed\n");
  }
  const foreign: Record<string, string>[] = [
    { Host: `evil.example:${port}` },
    { Host: "evil.example" },
    { Origin: "https://evil.example" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
  ];
  for (const headers of foreign)
    for (const path of ["", "model", "growth"]) {
      const { status, text } = await ask(`${url}${path}`, { headers });
      t.is(status, 403, JSON.stringify(headers));
      t.regex(text, /^the request (names another host than this server|comes from a page of another site)\n$/);
    }
  t.is(
    (await ask(`${url}model`, { headers: { Origin: `http://127.0.0.1:${port}`, "Sec-Fetch-Site": "same-origin" } }))
      .status,
    200,
  );
});

test("no path leads to a file", async (t) => {
  const { url } = await served(t, [fixture("kmod-loss")]);
  const { pathname } = new URL(url);
  for (const path of [
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "/etc/passwd",
    "....//etc/passwd",
    "model/../../../etc/passwd",
    "client.js",
    "server.ts",
    "model?file=/etc/passwd",
    "file:///etc/passwd",
    "\\..\\..\\etc\\passwd",
    `${"a".repeat(5000)}`,
  ]) {
    const { status, text } = await ask(url, { path: `${pathname}${path}` });
    t.true([400, 403, 404].includes(status), `${path}: ${status}`);
    t.notRegex(text, /root:|import /);
  }
  t.is((await ask(`${url}nothing`)).status, 404);
});

test("answers allow no other site, no frame, and no other type", async (t) => {
  const { url } = await served(t, [fixture("kmod-loss")]);
  for (const path of ["", "model", "views", "wrong"]) {
    const { headers } = await ask(`${url}${path}`, { headers: { "Access-Control-Request-Method": "POST" } });
    t.false(Object.keys(headers).some((name) => name.startsWith("access-control")));
    t.is(headers["x-content-type-options"], "nosniff");
    t.is(headers["cross-origin-resource-policy"], "same-origin");
    t.is(headers["content-security-policy"], "frame-ancestors 'none'");
    t.is(headers["referrer-policy"], "no-referrer");
    t.is(headers["cache-control"], "no-store");
  }
  for (const [method, path] of [
    ["POST", ""],
    ["POST", "model"],
    ["GET", "sql"],
    ["GET", "series"],
    ["PUT", "sql"],
    ["DELETE", "model"],
    ["OPTIONS", "sql"],
    ["HEAD", "model"],
  ] as const)
    t.is((await ask(`${url}${path}`, { method })).status, 405, `${method} ${path}`);
});
