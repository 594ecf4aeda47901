// The suites of `npm test`. What takes longer has its own script (`npm run test:guests`).
const long = ["capture/test/bpf-guest.test.ts", "capture/test/load.test.ts", "capture/test/module-kill.test.ts"];

export default {
  files: [
    "tpp/**/*.test.ts",
    "capture/**/*.test.ts",
    "analyze/**/*.test.ts",
    "kmod/test/**/*.test.ts",
    "notebooks/**/*.test.ts",
    "test/**/*.test.ts",
    ...(process.env.TPP_GUESTS === "all" ? [] : long.map((file) => `!${file}`)),
  ],
  extensions: ["ts"],
  timeout: "10m",
  concurrency: 1,
  workerThreads: false,
};
