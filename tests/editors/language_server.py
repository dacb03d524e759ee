"""Language server: a client over stdio of `yaml-language-server`, which most editors start."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any, TypeAlias

Message: TypeAlias = dict[str, Any]

_PATIENCE_S = 60.0
"""How long a server may be silent before the test fails: a busy machine is slow."""
_SETTINGS: Message = {"schemaStore": {"enable": False}, "kubernetesCRDStore": {"enable": False}}
"""The server asks the editor for them; otherwise it would look for schemas in the network."""
_CAPABILITIES: Message = {
    "workspace": {"configuration": True},
    "textDocument": {"completion": {"completionItem": {"snippetSupport": True}}},
}
CURSOR = "█"
"""Marks the place in a text that is asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One diagnostic."""

    text: str
    """What is underlined, in its first line."""
    message: str


class LanguageServer:
    """One running server; each text that it is asked about is a document of its own."""

    def __init__(self, program: list[str], folder: Path, settings: Message | None = None) -> None:
        self._process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input = self._process.stdin
        self._received: queue.Queue[Message] = queue.Queue()
        self._reader = threading.Thread(
            target=_read_all, args=(self._process.stdout, self._received.put), daemon=True
        )
        self._reader.start()
        self._folder = folder
        self._settings = _SETTINGS | (settings or {})
        self._numbers = count(1)
        self._reports: dict[str, list[Message]] = {}
        self._is_configured = False
        self._request("initialize", rootUri=folder.as_uri(), capabilities=_CAPABILITIES)
        self._send(method="initialized", params={})
        # A document that is open before the server has its settings would be checked twice.
        while not self._is_configured:
            self._handle(self._next_message())

    def close(self) -> None:
        """End the process, and the thread that reads from it."""
        try:
            self._request("shutdown")
            self._send(method="exit")
            self._process.wait(_PATIENCE_S)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            self._input.close()

    def complete(self, text: str) -> dict[str, str]:
        """What is offered at the cursor: labels, and what each of them inserts."""
        found = self._ask_at("textDocument/completion", text)
        return {item["label"]: item["insertText"] for item in found["items"]}

    def hover(self, text: str) -> str:
        """The Markdown that is shown for what is under the cursor."""
        shown = self._ask_at("textDocument/hover", text)
        return str(shown["contents"]["value"])

    def check(self, text: str, path: Path | None = None) -> list[Report]:
        """The diagnostics of a text; with a path, where no text was before, as that of a file."""
        address = self._open(text, path)
        while address not in self._reports:
            self._handle(self._next_message())
        lines = text.splitlines()
        return [_report(each, lines) for each in self._reports[address]]

    def _ask_at(self, method: str, text: str) -> Any:
        before, cursor, after = text.partition(CURSOR)
        assert cursor, "the text has no cursor"
        address = self._open(before + after)
        line, character = before.count("\n"), len(before.rpartition("\n")[2])
        return self._request(
            method,
            textDocument={"uri": address},
            position={"line": line, "character": character},
        )

    def _open(self, text: str, path: Path | None = None) -> str:
        """Open a document, which may have another text than the file; returns its address."""
        address = (path or self._folder / f"{next(self._numbers)}.yaml").as_uri()
        assert address not in self._reports, "its diagnostics could be those of the earlier text"
        document = {"uri": address, "languageId": "yaml", "version": 1, "text": text}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        return address

    def _request(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._send(id=number, method=method, params=params)
        while True:
            message = self._next_message()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._handle(message)

    def _handle(self, message: Message) -> None:
        """Answer what the server asks, and keep its diagnostics."""
        match message:
            case {"method": "workspace/configuration", "id": number, "params": {"items": items}}:
                sections = [self._settings if each["section"] == "yaml" else {} for each in items]
                self._send(id=number, result=sections)
                self._is_configured = True
            case {"method": str(), "id": number}:  # a request that needs no answer in words
                self._send(id=number, result=None)
            case {"method": "textDocument/publishDiagnostics", "params": params}:
                self._reports[params["uri"]] = params["diagnostics"]

    def _next_message(self) -> Message:
        try:
            return self._received.get(timeout=_PATIENCE_S)
        except queue.Empty:
            raise AssertionError(f"the language server was silent for {_PATIENCE_S} s") from None

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._input.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._input.flush()


def _read_all(stream: IO[bytes], receive: Callable[[Message], object]) -> None:
    """Pass on each message, until the process ends."""
    with stream:
        while header := stream.readline():
            name, _, value = header.partition(b":")
            if name.lower() != b"content-length":
                continue
            while stream.readline().strip():  # other headers, up to the empty line
                pass
            receive(json.loads(stream.read(int(value))))


def _report(diagnostic: Message, lines: list[str]) -> Report:
    start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
    line = lines[start["line"]] if start["line"] < len(lines) else ""
    last = end["character"] if end["line"] == start["line"] else len(line)
    return Report(text=line[start["character"] : last], message=diagnostic["message"])
