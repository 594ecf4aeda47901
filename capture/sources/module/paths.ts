/** Where the tcpprobe_plus module shows itself. */
export const dataPath = "/proc/net/tcpprobe";
export const statisticsPath = "/proc/net/stat/tcpprobe_plus";
export const settingsFolder = "/proc/sys/net/tcpprobe_plus";
