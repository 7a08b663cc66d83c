"""Asks for a page again and again through a proxy, each time anew.

    request_load.py PROXY-PORT URL PER-SECOND SECONDS

Writes a line of JSON for each request, in the order of their beginnings: when it began (s since the epoch), how
long it took (s), and the status (0: the connection failed, or its answer was cut off).
"""

import http.client
import json
import sys
import threading
import time


def ask(port, url, record):
    began = time.monotonic()
    try:
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
        connection.request('GET', url)
        answer = connection.getresponse()
        answer.read()
        record['status'] = answer.status
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        record['error'] = repr(error)
    record['took'] = time.monotonic() - began


def main():
    port, url, rate, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
    records = []
    threads = []
    start = time.monotonic()
    for number in range(int(rate * seconds)):
        time.sleep(max(0, start + number / rate - time.monotonic()))
        records.append({'began': time.time(), 'took': None, 'status': 0})
        threads.append(threading.Thread(target=ask, args=(port, url, records[-1])))
        threads[-1].start()
    for thread in threads:
        thread.join()
    for record in records:
        print(json.dumps(record))


if __name__ == '__main__':
    main()
