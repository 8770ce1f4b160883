# SPDX-License-Identifier: GPL-2.0
"""A client of QEMU's machine protocol: commands with their answers, and events as they come."""

import json
import threading


class QmpError(Exception):
    """QEMU refused a command, or is gone."""


class Qmp:
    """Talk over a connected socket. Events go to on_event(name, data) in the reader's thread."""

    def __init__(self, sock, on_event, timeout=30):
        self._sock = sock
        self._on_event = on_event
        self._timeout = timeout
        self._one_command = threading.Lock()
        self._answered = threading.Condition()
        self._answer = None
        self._closed = False
        # The greeting comes unasked and counts as the first answer.
        threading.Thread(target=self._read, daemon=True).start()
        self._take_answer("the greeting")
        self.execute("qmp_capabilities")

    def execute(self, command, **arguments):
        """Run a command and return its result; raise QmpError with QEMU's words."""
        request = {"execute": command, "arguments": arguments}
        with self._one_command:
            try:
                self._sock.sendall(json.dumps(request).encode() + b"\n")
            except OSError as error:
                raise QmpError(f"{command}: {error.strerror}") from None
            answer = self._take_answer(command)
        if "error" in answer:
            raise QmpError(answer["error"]["desc"])
        return answer["return"]

    def _take_answer(self, what):
        with self._answered:
            self._answered.wait_for(lambda: self._answer or self._closed, self._timeout)
            answer, self._answer = self._answer, None
        if answer is None:
            raise QmpError(f"{what}: QEMU " + ("is gone" if self._closed else "does not answer"))
        return answer

    def _read(self):
        try:
            with self._sock.makefile("r", encoding="utf-8") as lines:
                for line in lines:
                    self._dispatch(json.loads(line))
        except (OSError, ValueError):
            pass
        with self._answered:
            self._closed = True
            self._answered.notify_all()

    def _dispatch(self, message):
        if "event" in message:
            self._on_event(message["event"], message.get("data", {}))
            return
        with self._answered:
            self._answer = message
            self._answered.notify_all()
