/** Paths of the tcpprobe_plus module. */
export const dataPath = "/proc/net/tcpprobe";
/** The same records in binary form. Modules before 2.1 do not have it. */
export const binaryPath = "/proc/net/tcpprobe_records";
export const statisticsPath = "/proc/net/stat/tcpprobe_plus";
export const settingsFolder = "/proc/sys/net/tcpprobe_plus";
/** Exists in every network namespace while the module is loaded. The other paths exist only in the initial one. */
export const moduleFolder = "/sys/module/tcpprobe_plus";
