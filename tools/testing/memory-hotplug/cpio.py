# SPDX-License-Identifier: GPL-2.0
"""Write an initramfs: a cpio archive of the "newc" kind, without root and without cpio."""

import stat


class Archive:
    """Collects entries by their path in the guest; the parents of an entry come by themselves."""

    def __init__(self):
        self._entries = {}

    def directory(self, path):
        path = path.strip("/")
        if path and path not in self._entries:
            self.directory(path.rpartition("/")[0])
            self._entries[path] = (stat.S_IFDIR | 0o755, b"", (0, 0))

    def file(self, path, data, mode=0o644):
        self._add(path, stat.S_IFREG | mode, data)

    def link(self, path, target):
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, path, major, minor):
        self._add(path, stat.S_IFCHR | 0o600, b"", (major, minor))

    def __contains__(self, path):
        return path.strip("/") in self._entries

    def _add(self, path, mode, data, device=(0, 0)):
        path = path.strip("/")
        self.directory(path.rpartition("/")[0])
        self._entries[path] = (mode, data, device)

    def pack(self):
        """Return the archive's bytes."""
        parts = [_entry(number, path, *entry)
                 for number, (path, entry) in enumerate(self._entries.items(), 1)]
        return b"".join(parts) + _entry(0, "TRAILER!!!", 0, b"", (0, 0))


def _entry(inode, path, mode, data, device):
    name = path.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
    header = b"070701" + b"".join(b"%08x" % value for value in fields)
    return _padded(header + name) + _padded(data)


def _padded(data):
    return data + bytes(-len(data) % 4)
