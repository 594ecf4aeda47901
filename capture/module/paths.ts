/** Where the tcpprobe_plus module shows itself. */
export const dataPath = "/proc/net/tcpprobe";
/** The same records in binary; modules before 2.1 lack it. */
export const binaryPath = "/proc/net/tcpprobe_records";
export const statisticsPath = "/proc/net/stat/tcpprobe_plus";
export const settingsFolder = "/proc/sys/net/tcpprobe_plus";
/** There in every network namespace while the module is loaded; the others only in the initial one. */
export const moduleFolder = "/sys/module/tcpprobe_plus";
