"""A connection to Postgres that is nearly nothing, so that what is measured is the server: the simple query
protocol over the server's Unix socket (Postgres manual, "Frontend/Backend Protocol"), without a password."""

import os
import socket
import struct
import time


class Error(Exception):
    """What the server refused; the text is its message."""


class Connection:
    def __init__(self, database, user="postgres", options=""):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f"{os.environ['PGHOST']}/.s.PGSQL.{os.environ['PGPORT']}")
        self.stream = self.socket.makefile("rb")
        named = {"user": user, "database": database, "options": options}
        words = b"".join(f"{k}\0{v}\0".encode() for k, v in named.items() if v)
        self.socket.sendall(struct.pack("!II", len(words) + 9, 3 << 16) + words + b"\0")
        self.pid = None
        self.answer()

    def answer(self):
        """The rows of the last result, as lists of text, once the server is ready again."""
        rows, refused = [], None
        while True:
            head = self.stream.read(5)
            if not head:
                raise Error(refused or "the server has closed the connection")
            kind, length = struct.unpack("!cI", head)
            body = self.stream.read(length - 4)
            if kind == b"D":
                rows.append(list(fields(body)))
            elif kind == b"T":
                rows = []
            elif kind == b"K":
                self.pid = struct.unpack("!I", body[:4])[0]
            elif kind == b"E":
                refused = next(f[1:].decode() for f in body.split(b"\0") if f[:1] == b"M")
            elif kind == b"Z":
                break
        if refused:
            raise Error(refused)
        return rows

    def rows(self, sql):
        text = sql.encode()
        self.socket.sendall(struct.pack("!cI", b"Q", len(text) + 5) + text + b"\0")
        return self.answer()

    def value(self, sql):
        return self.rows(sql)[-1][0]

    def seconds(self, sql):
        start = time.perf_counter()
        self.rows(sql)
        return time.perf_counter() - start

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.sendall(struct.pack("!cI", b"X", 4))
        self.socket.close()


def fields(body):
    at = 2
    for _ in range(struct.unpack("!H", body[:2])[0]):
        (length,) = struct.unpack("!i", body[at:at + 4])
        at += 4
        yield None if length < 0 else body[at:at + length].decode()
        at += max(length, 0)
