"""A program on a terminal of its own: terminal.py ACTIONS SECONDS COMMAND...

ACTIONS is a JSON list of [what, value], done one after the other: ["until", TEXT] waits until the program has printed it,
["wait", SECONDS], ["type", TEXT], ["kill", SIGNAL] signals the program alone, ["hangup"] closes the terminal. Then the
program has so many SECONDS to end. Prints JSON: text (all it printed), code (of wait(2), null while it runs), and for each
action the seconds since the start.
"""
import json, os, pty, select, signal, sys, time

actions, limit, command = json.loads(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
began, text, code, times = time.time(), b"", None, []


def look(seconds, stop=lambda: False):
    """Reads what comes for so long, until the program or what is waited for has come."""
    global text, code, terminal
    end = time.time() + seconds
    while time.time() < end and not stop():
        if terminal is None:
            time.sleep(0.05)
        elif select.select([terminal], [], [], 0.05)[0]:
            try:
                text += os.read(terminal, 65536)
            except OSError:
                os.close(terminal)
                terminal = None
        if code is None:
            ended, status = os.waitpid(pid, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status) if ended else None


for what, *value in actions:
    if what == "until":
        look(60, lambda: value[0].encode() in text or code is not None)
    elif what == "wait":
        look(value[0])
    elif what == "type":
        os.write(terminal, value[0].encode())
    elif what == "kill":
        os.kill(pid, signal.Signals["SIG" + value[0]])
    elif what == "hangup":
        os.close(terminal)
        terminal = None
    times.append(round(time.time() - began, 2))
look(limit, lambda: code is not None)
look(0.1)
if code is None:
    os.kill(pid, signal.SIGKILL)
print(json.dumps({"text": text.decode("utf8", "replace"), "code": code, "times": times}))
