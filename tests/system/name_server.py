"""A name server that knows one address, and says nothing to some who ask.

    name_server.py ADDRESS ANSWER SILENT-TO

Every name has the address ANSWER, and none of IPv6; whose own address begins with SILENT-TO hears nothing.
"""

import socket
import sys

A = 1


def answer_to(question, address):
    """RFC 1035 4.1; the question is the only one, without compression."""
    end = question.index(b'\0', 12) + 5
    has_one = int.from_bytes(question[end - 4:end - 2], 'big') == A
    head = question[:2] + b'\x81\x80\0\1' + bytes([0, has_one]) + bytes(4)
    record = b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4' + socket.inet_aton(address)
    return head + question[12:end] + record * has_one


def main():
    address, answer, silent_to = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 53))
        print('ready', flush=True)
        while True:
            question, client = server.recvfrom(512)
            if not client[0].startswith(silent_to):
                server.sendto(answer_to(question, answer), client)


if __name__ == '__main__':
    main()
