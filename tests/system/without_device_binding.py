"""Runs a command that may not bind sockets to devices, as before Linux 5.7 and in some containers.

    without_device_binding.py COMMAND [ARGUMENT...]

setsockopt(SO_BINDTODEVICE) fails with EPERM in it, by a seccomp filter.
"""

import ctypes
import os
import platform
import struct
import sys

SETSOCKOPT = {'x86_64': 54, 'aarch64': 208}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
SOL_SOCKET, SO_BINDTODEVICE, EPERM = 1, 25, 1
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
NUMBER, LEVEL, NAME = 0, 24, 32  # in struct seccomp_data: nr, and the low halves of args[1] and args[2]


def forbid():
    steps = [(LOAD, 0, 0, NUMBER), (JUMP_IF_EQUAL, 0, 5, SETSOCKOPT[platform.machine()]),
             (LOAD, 0, 0, LEVEL), (JUMP_IF_EQUAL, 0, 3, SOL_SOCKET),
             (LOAD, 0, 0, NAME), (JUMP_IF_EQUAL, 0, 1, SO_BINDTODEVICE),
             (RETURN, 0, 0, ERRNO | EPERM), (RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack('HxxxxxxP', len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0)):
        if libc.prctl(*call) != 0:
            sys.exit(f'prctl: {os.strerror(ctypes.get_errno())}')


if __name__ == '__main__':
    forbid()
    os.execvp(sys.argv[1], sys.argv[1:])
