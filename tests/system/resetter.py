"""Takes every connection, and resets it with the first byte that comes.

    resetter.py ADDRESS PORT
"""

import socket
import struct
import sys
import threading


def throw_out(client):
    client.recv(1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    client.close()


def main():
    address, port = sys.argv[1:]
    with socket.create_server((address, int(port))) as server:
        print('ready', flush=True)
        while True:
            client, _ = server.accept()
            threading.Thread(target=throw_out, args=(client,), daemon=True).start()


if __name__ == '__main__':
    main()
