// The suites of `npm test`. What takes longer has its own script (`npm run test:guests`, `npm run test:kernels`).
const guests = [
  "capture/test/bpf/bpf-guest.test.ts",
  "capture/test/module/load.test.ts",
  "capture/test/module/module-kill.test.ts",
];
const long = [
  ...(process.env.TPP_GUESTS === "all" ? [] : guests),
  ...(process.env.TPP_KERNELS ? [] : ["kmod/test/hostile.test.ts"]),
];

export default {
  files: [
    "tpp/**/*.test.ts",
    "capture/**/*.test.ts",
    "analyze/**/*.test.ts",
    "kmod/test/**/*.test.ts",
    "notebooks/**/*.test.ts",
    "test/**/*.test.ts",
    ...long.map((file) => `!${file}`),
  ],
  extensions: ["ts"],
  timeout: "10m",
  concurrency: 1,
  workerThreads: false,
};
